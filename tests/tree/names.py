"""names: whether two files of a module have the same name in an anonymous namespace, which may be compiled together.

    names.py      from the top of the tree; prints each pair, status 1 if there was one

No parser of C++: it goes by what stands directly in such a namespace, up to its first brace or its semicolon. Functions
may share a name where their parameters differ, and aliases where they stand for the same.
"""
import glob
import os
import re
import sys

NAMESPACE = re.compile(r"(?:^|\s)namespace\s*([\w:]*)\s*$")
TYPE = re.compile(r"(?:struct|class|union|enum class|enum)\s+(?:alignas\([^)]*\)\s*)?(\w+)(?!.*\()", re.S)
ALIAS = re.compile(r"(?:using|namespace)\s+(\w+)\s*=\s*(.*)", re.S)
TEMPLATE = re.compile(r"template\s*#*\s*")
VARIABLE = re.compile(r"[^=({]*?(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=|$)", re.S)
NO_NAME = re.compile(r"(?:using\s+(?:namespace\s|[\w:]+$)|static_assert\b|catch\b|extern\b)")


def code_of(path):
    """Without comments, lines of the preprocessor, and what is in quotes."""
    text = open(path, encoding="utf-8").read()
    for pattern, by in ((r'R"(\w*)\(.*?\)\1"', '""'), (r"//[^\n]*", ""), (r"(?m)^#(?:[^\n]*\\\n)*[^\n]*", ""),
                        (r'"(?:[^"\\\n]|\\.)*"', '""'), (r"(?<!\w)'(?:[^'\\\n]|\\.)+'", "0")):
        text = re.sub(pattern, by, text, flags=re.S if pattern.startswith("R") else 0)
    return text


def declarations(text):
    """(namespaces, head) of each that stands directly in an anonymous namespace."""
    open_, last = [], 0  # names of namespaces; None: any other brace
    for mark in re.finditer("[{};]", text):
        outer = None not in open_
        head = text[last:mark.start()].strip() if outer else ""
        if mark[0] == "}":
            open_.pop()
        elif mark[0] == "{":
            namespace = NAMESPACE.search(head) if outer else None
            open_.append(namespace[1] if namespace else None)
            head = "" if namespace else head
        if outer and head and "" in [name for name in open_ if name is not None]:
            yield "::".join(name for name in open_ if name is not None), " ".join(head.split())
        if outer or None not in open_:
            last = mark.end()


def flat(text):
    """With `#` for all that is between angle brackets."""
    before = None
    while before != text:
        before, text = text, re.sub(r"<[^<>]*>", lambda found: "#" * len(found[0]), text)
    return text


def parameters(text):
    """Their types: without names and defaults."""
    parts, depth, part = [], 0, ""
    for letter in text + ",":
        depth += letter in "<([{"
        depth -= letter in ">)]}"
        if letter == "," and depth == 0:
            part = part.split("=")[0].replace("[[maybe_unused]]", "").strip()
            parts.append(re.sub(r"(?<=[\s&*>])(?!const$|long$|unsigned$)\w+$", "", part).strip())
            part = ""
        else:
            part += letter
    return ", ".join(parts)


def described(head, aliases):
    """(name, what may not differ for another of that name to be at odds with it), or None."""
    if NO_NAME.match(head):
        return None
    alias = ALIAS.match(re.sub(r"^template <[^<>]*> ", "", head))
    if alias:
        stands_for = alias[2]
        for _ in range(3):
            stands_for = re.sub(r"\w+", lambda word: aliases.get(word[0], word[0]), stands_for)
        return alias[1], "alias " + re.sub(r"\s", "", stands_for)
    shape = flat(head)
    template = TEMPLATE.match(shape)
    begin = template.end() if template else 0
    kind = "template " if template else ""
    found = TYPE.match(shape, begin)
    if found:
        return found[1], "type"
    equals = shape.find("=", begin)
    call = re.compile(r"[^=(]*?([\w:~]+)\s*\(").match(shape, begin)
    if call and (equals < 0 or call.end() < equals):
        if "::" in call[1]:
            return None  # a member's
        end, depth = call.end(), 1
        while depth and end < len(head):
            depth += {"(": 1, ")": -1}.get(head[end], 0)
            end += 1
        return call[1], f"{kind}function({parameters(head[call.end():end - 1])})"
    found = VARIABLE.match(shape, begin)
    return (found[1], "variable") if found else None


def at_odds(one, other):
    if one.endswith(")") and other.endswith(")"):
        return one == other
    return not (one.startswith("alias ") and one == other)


def compare(folder):
    in_headers = {}
    for path in glob.glob(f"{folder}/*.h"):
        in_headers.update(re.findall(r"(?m)^using (\w+) = ([^;]*);", code_of(path)))
    seen, problems = {}, []
    for path in sorted(glob.glob(f"{folder}/*.cc")):
        text = code_of(path)
        aliases = in_headers | dict(re.findall(r"(?m)^using (\w+) = ([^;]*);", text))
        for namespaces, head in declarations(text):
            found = described(head, aliases)
            if not found:
                continue
            name, what = found
            for other, of_other in seen.setdefault((namespaces, name), []):
                if other != path and at_odds(what, of_other):
                    problems.append(f"{path}: '{name}' is one of {os.path.basename(other)}, too, which may be compiled with it")
            seen[namespaces, name].append((path, what))
    return problems


if __name__ == "__main__":
    all_problems = [problem for folder in sorted(glob.glob("lib/*/")) + ["cmd"] for problem in compare(folder.rstrip("/"))]
    print("\n".join(sorted(set(all_problems))))
    sys.exit(1 if all_problems else 0)

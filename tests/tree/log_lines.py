"""log_lines: compares the calls of log:: in lib and cmd with LOG of maildrop-serve(8), or with who may log.

    log_lines.py manual | who      from the top of the tree; prints each breach, status 1 if there was one
"""
import glob
import re
import sys

PAGE = "man/maildrop-serve.8"
CALL = re.compile(r"\blog::(?:debug|info|warning|error|write)\(")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
FIELD = re.compile(r'(?:\{|if_any\(|varying\(|varying_if_any\(|one_of_many\(|Field\()"(\w+)",')


def calls(text):
    """The arguments of each call, up to the parenthesis that ends it."""
    for at in CALL.finditer(text):
        depth, end = 1, at.end()
        while depth and end < len(text):
            quoted = TEXT.match(text, end)
            depth += {"(": 1, ")": -1}.get(text[end], 0) if not quoted else 0
            end = quoted.end() if quoted else end + 1
        yield text[at.end():end - 1]


def sources():
    for path in sorted(glob.glob("lib/**/*", recursive=True) + glob.glob("cmd/*")):
        if path.endswith((".cc", ".h")) and not path.startswith("lib/core/log."):
            with open(path, encoding="utf-8") as file:
                yield path, file.read()


def logged(problems):
    """event -> the fields it has somewhere"""
    events = {}
    for path, text in sources():
        for arguments in calls(text):
            head, brace, tail = re.match(r"(.*?)(?:,\s*(\{)(.*))?$", arguments, re.S).groups("")
            names = TEXT.findall(head)
            if not names:
                problems.append(f"{path}: an event that is no text: log::...({head})")
            for name in names:
                events.setdefault(name, set()).update(FIELD.findall(brace + tail))
    return events


def told():
    """event -> the words of its entry"""
    with open(PAGE, encoding="utf-8") as file:
        section = re.search(r"^\.SH LOG\n(.*?)^\.SH ", file.read(), re.M | re.S).group(1)
    entries = {}
    for entry in re.findall(r"^\.TP\n(.*?)(?=^\.(?:TP|SS)\b|\Z)", section, re.M | re.S):
        head, _, body = entry.partition("\n")
        request, _, names = head.partition(" ")
        events = [names]
        if request == ".BR":
            events = [quoted or word for quoted, word in re.findall(r'"([^"]*)"|(\S+)', names)][::2]
        for event in events:
            entries[event] = set(re.findall(r"\w+", body))
    return entries


def check_manual():
    problems = []
    events, entries = logged(problems), told()
    problems += [f"{PAGE}: LOG has no entry for '{event}'" for event in sorted(events.keys() - entries.keys())]
    problems += [f"{PAGE}: nothing logs '{event}'" for event in sorted(entries.keys() - events.keys())]
    return problems + [f"{PAGE}: the entry of '{event}' has no '{field}'" for event in sorted(events.keys() & entries.keys())
                       for field in sorted(events[event] - entries[event])]


def check_who():
    with open("lib/README.md", encoding="utf-8") as file:
        line = re.search(r"^- Who logs: (.*?)(?=^- |\Z)", file.read(), re.M | re.S)
    allowed = set(re.findall(r"`(\w+/\w+)`", line.group(1))) if line else set()
    found = {path[len("lib/"):].rsplit(".", 1)[0] for path, text in sources() if path.startswith("lib/") and CALL.search(text)}
    problems = [f"lib/{name}: logs, and is not among those of lib/README.md" for name in sorted(found - allowed)]
    return problems + [f"lib/README.md: {name} may log, and does not" for name in sorted(allowed - found)]


if __name__ == "__main__":
    wrong = {"manual": check_manual, "who": check_who}[sys.argv[1]]()
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)

"""floors: compares #include lines and CMake's DEPENDS with the table in lib/README.md.

    floors.py modules | third-party      from the top of the tree; prints each breach, status 1 if there was one
"""
import fnmatch
import glob
import os
import re
import sys

# What the table calls a library, and the headers that belong to it.
HEADERS = {
    "tl/expected": ["tl/*"], "spdlog": ["spdlog/*"], "toml++": ["toml++/*"], "GMime": ["gmime/*"],
    "GLib": ["glib.h", "glib-object.h", "gio/*"], "Gumbo": ["gumbo.h"], "libidn2": ["idn2.h"], "libpsl": ["libpsl.h"],
    "libloc": ["libloc/*"], "libmaxminddb": ["maxminddb.h"], "Lua": ["lua.h", "lauxlib.h", "lualib.h"], "sqlite3": ["sqlite3.h"],
    "hiredis": ["hiredis/*"],
    "libunbound": ["unbound.h", "unbound-event.h"], "RE2": ["re2/*"],
    "zstd": ["zstd.h", "zstd_errors.h"], "zlib": ["zlib.h"], "libarchive": ["archive.h", "archive_entry.h"],
    "Boost.CRC": ["boost/crc.hpp"], "Boost.Asio": ["boost/asio.hpp", "boost/asio/*", "boost/system/*"],
    "Boost.Beast": ["boost/beast.hpp", "boost/beast/*"], "libsystemd": ["systemd/*"], "OpenSSL": ["openssl/*"], "nlohmann-json": ["nlohmann/*"],
    "cpp-httplib": ["httplib.h"], "CLI11": ["CLI/*"],
}
# Where `maildrop version` calls one otherwise, or by what it comes with.
TOLD_AS = {"tl/expected": "tl-expected", "sqlite3": "SQLite", "GLib": "GMime"}
POSIX = {"dlfcn.h", "fcntl.h", "glob.h", "iconv.h", "netdb.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "signal.h", "spawn.h", "sysexits.h",
         "termios.h", "unistd.h", "regex.h", "resolv.h", "dirent.h", "fnmatch.h", "malloc.h", "strings.h", "errno.h", "limits.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.M)


def table():
    """module -> (floor, modules it may use, [(library, [file patterns])], [names of files])"""
    rows = {}
    for line in open("lib/README.md", encoding="utf-8"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdigit():
            rows[cells[1]] = (int(cells[0]), set(cells[3].replace("–", "").split()), libraries_of(cells[4]),
                               files_of(cells[2]))
    return rows


def files_of(cell):
    """`pattern spf_* (SPF), and a file for each filter: opinions`: words, but for what is in parentheses or behind a comma."""
    return re.sub(r"\([^()]*\)", " ", cell).split(":")[0].split(",")[0].split()


def libraries_of(cell):
    """`spdlog, nlohmann-json (log.cc), toml++ (config.cc)`: a name without files shares those of the next."""
    libraries, names = [], []
    for item, where in re.findall(r"([^(),]*)(?:\(([^)]*)\)|,|$)", cell):
        if not item.strip(" –-."):
            libraries += [("", patterns(where))] if where else []
            continue
        names.append(item.strip())
        if where:
            libraries += [(name, patterns(where)) for name in names]
            names = []
    return libraries


def libraries_of_cmd():
    """From the line below the table: "`cmd` uses all of them, and CLI11 (*), ...". """
    with open("lib/README.md", encoding="utf-8") as f:
        line = re.search(r"^`cmd` uses all of them, and (.*)$", f.read(), re.M)
    return libraries_of(line.group(1)) if line else []


def patterns(where):
    """`loops.h signals.h and their .cc` or `json routes`: file patterns inside the module."""
    found = []
    for word in re.sub(r"\band their \.cc\b", "THEIRS", where).replace(",", " ").split():
        if word == "THEIRS":
            found += [name[:-2] + ".cc" for name in found if name.endswith(".h")]
        elif "." in word:
            found.append(word)
        elif word != "and":
            found += [f"{word}.h", f"{word}.cc"]
    return found


def includes(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return [(kind == "<", name, text.count("\n", 0, at.start()) + 1)
            for at in INCLUDE.finditer(text) for kind, name in [at.groups()]]


def sources(folder):
    return sorted(glob.glob(f"{folder}/**/*.h", recursive=True) + glob.glob(f"{folder}/**/*.cc", recursive=True))


def depends():
    text = open("lib/CMakeLists.txt", encoding="utf-8").read()
    found = {}
    for body in re.findall(r"^maildrop_module\(([^)]*)\)", text, re.M):
        words = body.split()
        uses = set()
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1:]:
                if word.isupper():
                    break
                uses.add(word)
        found[words[0]] = uses
    return found


def filters():
    """The names of those in the table of filters, each of which has a file."""
    text = open("lib/filter/filters.cc", encoding="utf-8").read()
    return {re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() for name in re.findall(r"\bk([A-Z]\w+)\b", text)}


def is_named(path, named):
    file = os.path.splitext(os.path.basename(path))[0]
    return any(fnmatch.fnmatchcase(file, name) for name in named) or (path.startswith("lib/filter/") and file in filters())


def check_modules(rows):
    problems = []
    for module, (floor, uses, _, named) in rows.items():
        stems = {os.path.splitext(os.path.basename(path))[0] for path in sources(f"lib/{module}")}
        problems += [f"lib/README.md: {module} has no file '{word}'" for word in named if not fnmatch.filter(stems, word)]
        problems += [f"{path}: lib/README.md does not name it" for path in sources(f"lib/{module}") if not is_named(path, named)]
        problems += [f"lib/README.md: {module} (floor {floor}) may not use {used} (floor {rows[used][0]})"
                     for used in uses if used not in rows or rows[used][0] >= floor]
        for path in sources(f"lib/{module}"):
            for angled, name, line in includes(path):
                other = name.split("/")[0]
                if angled:
                    continue
                if other not in rows:
                    problems.append(f'{path}:{line}: "{name}" is not of the form "module/file.h"')
                elif other != module and other not in uses:
                    problems.append(f"{path}:{line}: {module} may not use {other}")
    problems += [f"lib/{name}: not in the table of lib/README.md" for name in sorted(os.listdir("lib"))
                 if os.path.isdir(f"lib/{name}") and name not in rows]
    built = depends()
    problems += [f"lib/CMakeLists.txt: {module} depends on {sorted(built.get(module, []))}, the table says {sorted(uses)}"
                 for module, (_, uses, _, _) in rows.items() if built.get(module) != uses]
    return problems


def library_of(name):
    return next((library for library, known in HEADERS.items() for pattern in known if fnmatch.fnmatchcase(name, pattern)), None)


def is_system(name):
    return ("." not in name and "/" not in name) or name in POSIX or name.split("/")[0] in ("sys", "netinet", "arpa", "linux", "net")


def told():
    """The libraries of `maildrop version`, which cmd/CMakeLists.txt lists: `NAME ${NAME_VERSION},`."""
    with open("cmd/CMakeLists.txt", encoding="utf-8") as f:
        return set(re.findall(r"[\",]([\w+-]+) \$\{\w+(?:[+-]\w+)*\}", f.read()))


def check_third_party(rows):
    problems = []
    for folder, libraries in [(f"lib/{m}", row[2]) for m, row in rows.items()] + [("cmd", libraries_of_cmd())]:
        problems += [f"lib/README.md: {folder}: '{library}' ({' '.join(files)}) is no library" for library, files in libraries
                     if library not in HEADERS]
        problems += [f"cmd/CMakeLists.txt: maildrop version does not tell {library}, which {folder} uses"
                     for library in sorted({library for library, _ in libraries if library in HEADERS})
                     if TOLD_AS.get(library, library).split(".")[0] not in told()]
        for path in sources(folder):
            file = os.path.basename(path)
            for angled, name, line in includes(path):
                if not angled or is_system(name):
                    continue
                library = library_of(name)
                if not library:
                    problems.append(f"{path}:{line}: <{name}> belongs to no library of the table")
                elif not any(library == allowed and any(fnmatch.fnmatchcase(file, p) for p in files) for allowed, files in libraries):
                    problems.append(f"{path}:{line}: <{name}>: lib/README.md does not give {library} to {file}")
    return problems


found = {"modules": check_modules, "third-party": check_third_party}[sys.argv[1]](table())
print("\n".join(found))
sys.exit(1 if found else 0)

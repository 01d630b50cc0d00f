#!/usr/bin/env python3
"""Writes the test suite of openspf.org for RFC 7208 (rfc7208-tests.yml) in lines that need no YAML to be read.

    convert.py rfc7208-tests.yml >rfc7208.suite        needs PyYAML

The form of the lines is told by ../spf_suite_test.cc.
"""
import sys

import yaml


def escaped(text, blanks=False):
    """Bytes that are not printable as \\xNN; of blanks, where they may stand, only those at the ends."""
    out = "".join(
        c if "!" <= c <= "~" and c != "\\" or c == " " and blanks else f"\\x{ord(c):02x}" for c in text
    )
    bare = out.strip(" ")
    at = out.index(bare) if bare else 0
    return "\\x20" * at + bare + "\\x20" * (len(out) - at - len(bare))


def word(text):
    return escaped(text) or "-"


def text_of(value):
    return value if isinstance(value, str) else "".join(value)


def records(name, entries):
    """What the drivers of the suite agree on: a record of type SPF stands for one of TXT, unless there are such."""
    types = [kind for entry in entries if isinstance(entry, dict) for kind in entry]
    for entry in entries:
        if entry == "TIMEOUT":
            yield f"silent {word(name)}"
            continue
        for kind, value in entry.items():
            if value == "NONE" or kind == "SPF" and "TXT" in types:
                continue
            if kind == "MX":
                value = f"{value[0]} {value[1].rstrip('.') or '.'}"
            elif kind in ("CNAME", "PTR"):
                value = value.rstrip(".")
            yield f"record {word(name)} {'TXT' if kind == 'SPF' else kind} {escaped(text_of(value), True)}".rstrip()


def cases(tests):
    for name, case in tests.items():
        results = case["result"] if isinstance(case["result"], list) else [case["result"]]
        fields = [name, case["host"], word(case["helo"]), word(case["mailfrom"]), ",".join(results)]
        yield "test " + " ".join(fields)
        if "explanation" in case:
            yield "explanation " + escaped(case["explanation"], True)


def main(path):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    print("# From rfc7208-tests.yml by convert.py; see LICENSE.")
    for line in source.splitlines():
        if not line.startswith("#"):
            break
        if "$Id" not in line and not line.startswith("# vim"):
            print(line.rstrip())
    for scenario in yaml.safe_load_all(source):
        print("\nscenario " + scenario["description"])
        for name, entries in scenario["zonedata"].items():
            print("\n".join(records(name, entries)))
        print("\n".join(cases(scenario["tests"])))


if __name__ == "__main__":
    main(sys.argv[1])

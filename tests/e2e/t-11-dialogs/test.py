"""Plays tests/smtp/dialogs/*.smtp (format: the README there) to the real server, a daemon for each set of settings.

Dialogs with `verdict` or `store` lines need a scripted filter or a failing store: they run in tests/smtp alone.
"""
import glob
import itertools
import os
import re

from e2e import ROOT, WORK, Api, Daemon, check, finish
from smtp import Client

DIALOGS = f"{ROOT}/tests/smtp/dialogs"
DEFAULTS = {"mail.domains": "example.org", "smtp.hostname": "mx.example.org"}
ESCAPE = re.compile(rb"\\(?:(?P<plain>[rnt0\\#])|x(?P<hex>[0-9A-Fa-f]{2})|\*(?P<count>\d+)\((?P<inner>[^)]*)\))")


def unescape(data, number=0):
    plain = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b"#": b"%d" % number}

    def one(match):
        if match["plain"]:
            return plain[match["plain"]]
        if match["hex"]:
            return bytes([int(match["hex"], 16)])
        return b"".join(unescape(match["inner"], n + 1) for n in range(int(match["count"])))

    return ESCAPE.sub(one, data)


def variants(lines):
    """The dialog once for each of its `try` lines, whose text stands for every `\\@`."""
    rest = [(n, line) for n, line in lines if not line.startswith(b"try ")]
    for text in [line[4:] for _, line in lines if line.startswith(b"try ")] or [b""]:
        yield text, [(n, line.replace(rb"\@", text)) for n, line in rest]


def matches(pattern, line):
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), line, re.S) is not None


def read(path):
    with open(path, "rb") as f:
        return [(n, line) for n, line in enumerate(f.read().split(b"\n"), 1) if line and not line.startswith(b"#")]


def settings_of(lines):
    found = dict(DEFAULTS)
    for _, line in lines:
        word, _, rest = line.decode("utf-8", "replace").partition(" ")
        if word == "set":
            key, _, value = rest.partition(" ")
            found[key] = value
    if "tls.self_signed" in found:
        found["smtp.listen_tls"] = "127.0.0.1:0"
    if any(line == b"lmtp" for _, line in lines):
        found["lmtp.listen"] = "127.0.0.1:0"
    return found


def stored_so_far(daemon):
    with Api(daemon.api) as api:
        _, _, text = api.get("/metrics")
    return int(float(re.search(rb'^maildrop_\w+\{result="stored"\} (\S+)$', text, re.M).group(1)))


def step(client, line, daemon, before):
    """None, or what went wrong."""
    if line.startswith(b">"):
        rest = line[2:]
        whole = not (rest == b"\\c" or rest.endswith(b" \\c"))
        try:
            client.send(unescape(rest) + b"\r\n" if whole else unescape(rest[:-3] if len(rest) > 2 else b""))
        except OSError:
            pass  # the server may have hung up: the next expectation tells
        return None
    text = line.decode("utf-8", "replace")
    word, _, rest = text.partition(" ")
    if text in ("<close>", "< <close>"):
        got = client.line()
        return None if got is None else f"wanted a close, got '{got}'"
    if word.startswith("<"):
        for _ in range(int(word[1:] or 1)):
            got = client.line()
            if got is None or not matches(rest, got):
                return f"wanted '{rest}', got '{got}'"
    elif word == "tls":
        client.start_tls()
    elif word == "stored":
        got = stored_so_far(daemon) - before
        return None if got == int(rest.split(" ")[0]) else f"wanted {rest.split(' ')[0]} stored, got {got}"
    elif word not in ("set", "envelope", "peer", "lmtp"):
        return f"unknown line '{text}'"
    return None


def play(lines, daemon):
    before = stored_so_far(daemon)
    first = b"tls" in itertools.takewhile(lambda line: not line.startswith(b"<"), (line for _, line in lines))
    lmtp = any(line == b"lmtp" for _, line in lines)
    address = daemon.smtp_tls if first else daemon.lmtp if lmtp else daemon.smtp
    with Client(address, timeout=10, banner=False) as client:
        for number, line in lines:
            try:
                wrong = step(client, line, daemon, before)
            except TimeoutError:
                wrong = f"nothing came for '{line.decode('utf-8', 'replace')}'"
            if wrong:
                return f"line {number}: {wrong}"
    return None


groups, scripted = {}, 0
for path in sorted(glob.glob(f"{DIALOGS}/*.smtp")):
    lines = read(path)
    if any(line.startswith((b"verdict ", b"store ")) for _, line in lines):
        scripted += 1
    else:
        groups.setdefault(tuple(sorted(settings_of(lines).items())), []).append((os.path.basename(path), lines))
played = sum(len(dialogs) for dialogs in groups.values())
check("there are dialogs", played > 0)
for number, (settings, dialogs) in enumerate(groups.items()):
    own = {"store.url": f"sqlite:{WORK}/dialogs{number}.db", "api.memory": "1GiB"}  # room for any mail.max_size of a dialog
    with Daemon({**dict(settings), **own}) as daemon:
        for name, lines in dialogs:
            wrong = [f"try '{text.decode('latin-1')}': {problem}" for text, variant in variants(lines)
                     for problem in [play(variant, daemon)] if problem]
            check(name, not wrong, wrong[:3])
        daemon.stop()
print(f"  {played} played, {scripted} left to tests/smtp")
finish()

"""Attackers on HTTP: each request of tests/api/http is answered as its file says, and an honest one after them all."""
import glob
import os
import re
import socket

from e2e import ROOT, Api, Daemon, check, finish, same
from smtp import deliver

HONEST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
# An attachment whose name would end its field of the answer, and the quotes around it.
MAIL = (b"Subject: files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment;"
        b" filename*=utf-8''a%22%3B%0D%0ASet-Cookie%3A%20a=b%0D%0A%0D%0A%3Cscript%3E.txt\r\n\r\nfile\r\n--b--\r\n")


def unescaped(text):
    return re.sub(rb"\\(x[0-9a-f]{2}|.)", lambda m: bytes([int(m[1][1:], 16)]) if len(m[1]) == 3 else ESCAPES[m[1]], text)


def cases():
    """(name, bytes, whether the client sends no more, the wanted statuses), as tests/api/http/README.md has it."""
    for file in sorted(glob.glob(f"{ROOT}/tests/api/http/*.http")):
        sent, ends, name = b"", False, ""
        with open(file, "rb") as lines:
            for line in lines.read().splitlines():
                kind, text = line[:1], line[2:]
                if kind == b"#":
                    name = text.decode()
                elif kind == b">":
                    sent += unescaped(text[:-2]) if text.endswith(b"\\c") else unescaped(text) + b"\r\n"
                elif kind == b"+":
                    count, text = text.split(b" ", 1)
                    sent += unescaped(text) * int(count)
                elif line == b"end":
                    ends = True
                else:
                    *statuses, last = text.decode().split()
                    wanted = [word.partition("*")[0] for word in statuses for _ in range(int(word.partition("*")[2] or 1))]
                    yield (f"{os.path.basename(file)}: {name}", sent if ends else sent + HONEST, ends,
                           wanted + ["200"] * (last == "kept"))
                    sent, ends = b"", False


def connect(daemon):
    host, port = daemon.api.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 20)


def send(client, sent):
    try:
        client.sendall(sent)
    except OSError:
        pass  # it has hung up already


def everything(client):
    """What comes until the server hangs up; None: it does not."""
    got = b""
    try:
        while more := client.recv(65536):
            got += more
    except TimeoutError:
        return None
    except OSError:
        pass
    return got


def statuses(got):
    """Of all answers, one after the other by their lengths; None: something else came."""
    found = []
    while got:
        head, end, got = got.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
        if not status or not end:
            return None
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        got = got[int(length[1]):] if length else got
        found.append(status[1].decode())
    return found


def play(daemon, sent, ends):
    with connect(daemon) as client:
        send(client, sent)
        if ends:
            client.shutdown(socket.SHUT_WR)
        return everything(client)


def resident(daemon):
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) // 1024


with Daemon({"limits.exempt": "127.0.0.1", "mail.attachments": "keep", "api.hosts": "*"}) as daemon:
    same("mail comes", [deliver(daemon.smtp, ["bob@example.test"], MAIL).code for _ in range(2)], [250, 250])
    failed, played = [], 0
    for name, sent, ends, wanted in cases():
        got = play(daemon, sent, ends)
        found = None if got is None else statuses(got)
        played += 1
        if found != wanted:
            failed.append((name, found, wanted))
    check(f"{played} attacks are answered as their files say", not failed and played >= 150, failed)

    with Api(daemon.api) as api:
        messages = api.messages("bob")
        same("nothing was smuggled that deletes", len(messages), 2)
        message = api.json(f"/api/v1/mailbox/bob/{messages[0]['id']}")
        link = message["attachments"][0]["download-link"].partition("/serve/")[2]
    answer = play(daemon, f"GET /serve/{link} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode(), False)
    same("a file's name is one field of an answer", (statuses(answer), b"\r\nSet-Cookie" in answer, answer.count(b"\r\n\r\n")),
         (["200"], False, 1))

    before = resident(daemon)
    many = [connect(daemon) for _ in range(100)]
    for number, client in enumerate(many):
        head = b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " if number % 2 else b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n"
        send(client, head + b"a" * (8000 if number % 2 else 65000))
    with Api(daemon.api) as api:
        same("an honest client is served beside them", api.get("/api/v3/mailboxes/bob")[0], 200)
    for client in many:
        send(client, b"a" * 100_000)
    same("who sends too much, hears so", {str(statuses(everything(client))) for client in many[1::2]}, {"['431']"})
    check("and takes no memory", resident(daemon) - before < 64, resident(daemon) - before)
    for client in many:
        client.close()
    same("all is as it was", daemon.stop(), 0)
finish()

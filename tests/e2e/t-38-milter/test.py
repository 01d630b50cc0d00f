"""Milters: what they hear of a message, what their answers do, and mail while they are slow, dead, or wrong."""
import importlib.util
import os
import re
import socket
import socketserver
import struct
import subprocess
import sys
import threading

from e2e import WORK, Daemon, check, end_with_parent, finish, same, until
from judged import ready, send, why

SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1"}
SETTINGS |= {f"filter.{name}.mode": "off" for name in ("reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "content", "greylist")}
BODY = b"\r\n".join(b"line %d \xff" % i for i in range(20_000)) + b"\r\n"  # some packets


def packet(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


class Milter:
    """Answers what a test says at the end of a message, and keeps what it heard."""

    def __init__(self):
        self.heard, self.connections, self.answer, self.hangs = [], 0, packet(b"c"), threading.Event()
        self.hangs.set()  # cleared: it hangs
        milter = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                milter.connections += 1
                while head := self.rfile.read(4):
                    said = self.rfile.read(struct.unpack(">I", head)[0])
                    milter.heard.append((said[:1], said[1:]))
                    if said[:1] == b"O":
                        milter.hangs.wait(60)
                        self.wfile.write(packet(b"O", struct.pack(">III", 6, 0x3f, 0x100000)))
                    elif said[:1] == b"E":
                        self.wfile.write(milter.answer)
                    elif said[:1] not in (b"D", b"Q"):
                        self.wfile.write(packet(b"c"))

        class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads, allow_reuse_address = True, True

            def handle_error(self, *_):
                pass  # who was not waited for finds nobody

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"127.0.0.1:{self.server.server_address[1]}"

    def all(self, command):
        return [data for said, data in self.heard if said == command]


def send_folded(daemon, to=("bob",), subject="hello", body=b"hi\r\n"):
    return send(daemon, to, subject=f"{subject}\r\n folded", body=body)


def why_of(inbox):
    return why(inbox, "--quarantined", "shown")


def hears(milter):
    with Daemon(SETTINGS | {"filter.milter.endpoint": milter.endpoint}) as server:
        same("a large message", send_folded(server, ("bob", "eve"), body=BODY).code, 250)
        check("the milter is told that it is over", until(lambda: milter.all(b"Q")), milter.heard[-1:])
        same("and heard of each step", b"".join(command for command, _ in milter.heard),
             b"ODCHDMDRDRTLLN" + b"B" * -(-len(BODY) // 65535) + b"DEQ")
        check("of its address", milter.all(b"C")[0].startswith(b"[127.0.0.1]\x004") and milter.all(b"C")[0].endswith(b"127.0.0.1\x00"), milter.all(b"C"))
        same("of its name", milter.all(b"H"), [b"mail.example.org\x00"])
        same("of the envelope", milter.all(b"M") + milter.all(b"R"),
             [b"<a@example.org>\x00", b"<bob@example.test>\x00", b"<eve@example.test>\x00"])
        same("of the header as it stands", milter.all(b"L"), [b"From\x00 a@example.org\x00", b"Subject\x00 hello\n folded\x00"])
        same("and of the body, byte for byte", b"".join(milter.all(b"B")), BODY)
        session = re.search(r"session=(\S*)|$", server.wait_for(r"info message ") or "").group(1)
        check("our log and the milter have one name for it", b"Mi\x00" + (session or "none").encode() in milter.all(b"D")[1], milter.all(b"D"))
        milter.answer = packet(b"y", b"550 5.7.1 not today\x00")
        reply = send_folded(server)
        check("a refusal is said in its words", reply.lines[0].startswith("550 5.7.1 not today"), reply)
        check("and the log tells why", server.wait_for(r'why="milter: reject at message: 5.7.1 not today"'), server.log())
        milter.answer = packet(b"h", b"X-Spam\x00yes\x00") + packet(b"q", b"a virus\x00") + packet(b"c")
        same("a quarantine is kept", send_folded(server, ("kept",)).code, 250)
        check("out of sight, with its reason", "Mark: quarantine" in why_of("kept") and "a virus" in why_of("kept"), why_of("kept"))
        server.stop()


def large_headers(milter):
    with Daemon(SETTINGS | {"filter.milter.endpoint": milter.endpoint, "filter.timeout": "1800ms", "filter.milter.on_error": "defer"}) as server:
        milter.answer = packet(b"c")
        milter.heard.clear()
        fields = "".join(f"X-{i}: y\r\n" for i in range(1100))
        same("a header of many fields", send(server, subject=f"hello\r\n{fields}Content-Type: multipart/mixed; boundary=b").code, 250)
        heard = milter.all(b"L")
        same("is heard to its last one", (len(heard), heard[-1]), (1103, b"Content-Type\x00 multipart/mixed; boundary=b\x00"))
        connections = milter.connections
        reply = send(server, subject="hello\r\n" + "N" * 70_000 + ": x")
        same("one that no milter is told of as it stands is none it can judge", (reply.code, milter.connections), (450, connections))
        server.stop()


def failures(milter):
    settings = {"filter.milter.endpoint": milter.endpoint, "filter.milter.timeout": "300ms", "filter.milter.on_error": "defer"}
    with Daemon(SETTINGS | settings) as server:
        milter.answer = packet(b"b", b"another body")
        same("who wants another body defers, as on_error says", send_folded(server).code, 450)
        check("and the log has it", server.wait_for(r"filter has a fault filter=milter .*body"), server.log())
        milter.answer = packet(b"p")
        same("progress is waited for until the filter's time is over", send_folded(server).code, 450)
        milter.answer = packet(b"p") + packet(b"c")
        same("the next one counts", send_folded(server).code, 250)
        milter.hangs.clear()
        for _ in range(5):
            same("who hangs is not waited for", send_folded(server).code, 450)
        check("after five calls the log has it", server.wait_for(r"filters have no answers source=127\.0\.0\.1:\d+ filter=milter$"), server.log())
        check("and /readyz", "filters have no answers: 127.0.0.1:" in ready(server) and " (milter)" in ready(server), ready(server))
        send_folded(server)  # the probe
        connections = milter.connections
        same("and others do not connect", (send_folded(server).code, milter.connections), (450, connections))
        milter.hangs.set()
        check("until a probe is answered", until(lambda: send_folded(server).code == 250, 20, 0.5), server.log())
        check("and /readyz is clean", "filters have no answers" not in ready(server), ready(server))
        server.stop()
    with Daemon(SETTINGS | {"filter.milter.endpoint": "127.0.0.1:1"}) as server:
        same("where nobody is, mail goes on", send_folded(server, ("dead",)).code, 250)
        check("and what is kept tells why", "cannot connect" in why_of("dead"), why_of("dead"))
        server.stop()
    with Daemon(SETTINGS | {"filter.milter.endpoint": "milter.example:8891"}, wait=False) as server:
        check("a host name is no address", server.wait() != 0 and "milter.example" in server.log(), server.log())


def real():
    if not importlib.util.find_spec("Milter"):
        print("  part skipped: no python3-milter")
        return
    path = f"{WORK}/real.sock"
    process = subprocess.Popen([sys.executable, f"{os.path.dirname(__file__)}/real.py", f"unix:{path}"], preexec_fn=end_with_parent)
    try:
        check("libmilter listens", until(lambda: socket.socket(socket.AF_UNIX).connect_ex(path) == 0))
        with Daemon(SETTINGS | {"filter.milter.endpoint": f"unix:{path}", "filter.milter.on_error": "defer"}) as server:
            same("a milter by libmilter has nothing against mail", send_folded(server, subject="hello").code, 250)
            reply = send_folded(server, ("bob", "eve"), "tell\r\nX: y", BODY)
            said = reply.lines[0].split("5.7.1 ")[-1]
            check("it has heard all", said.startswith("connect [127.0.0.1] 127.0.0.1; hello mail.example.org; from <a@example.org> "), reply)
            check("to the last byte", f"to <bob@example.test>; to <eve@example.test>; {len(BODY)}" in said, reply)
            same("it may refuse for now", send_folded(server, subject="later\r\nX: y").code, 450)
            same("one recipient", send_folded(server, ("nobody", "bob")).code, 250)
            reply = send_folded(server, ("nobody",))
            check("or all of them", reply.lines[0].startswith("550 5.1.1 nobody of that name"), reply)
            same("drop a message", send_folded(server, ("dropped",), "drop\r\nX: y").code, 250)
            same("of which nothing is kept", why_of("dropped"), "")
            same("or have it set aside", send_folded(server, ("virus",), "virus\r\nX: y").code, 250)
            check("with its reason", "Mark: quarantine" in why_of("virus") and "a virus" in why_of("virus"), why_of("virus"))
            same("who changes bodies is not for us", send_folded(server, subject="other\r\nX: y").code, 450)
            server.stop()
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    milter_ = Milter()
    hears(milter_)
    large_headers(milter_)
    failures(milter_)
    real()
    finish()

"""Hooks: what a service is asked, what its answers do, and mail while it is slow, dead, or wrong."""
import base64
import json
import socket
import subprocess
import sys

from e2e import ROOT, Daemon, check, end_with_parent, finish, same, until
from hook import Service
from judged import ready, send, why

SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1"}
SETTINGS |= {f"filter.{name}.mode": "off" for name in ("reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "greylist")}
BODY = b"\r\n".join(b"line %d \xff" % i for i in range(20_000)) + b"\r\n"  # some pieces of what is sent


def example():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hook = subprocess.Popen([sys.executable, f"{ROOT}/examples/filters/hook.py", str(port)], stderr=subprocess.DEVNULL,
                            preexec_fn=end_with_parent)
    try:
        check("the example listens", until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0))
        with Daemon(SETTINGS | {"filter.http.url": f"http://127.0.0.1:{port}/"}) as server:
            same("it has nothing against mail", send(server).code, 250)
            reply = send(server, subject="the best CASINO")
            check("and refuses what it does not want", reply.lines[0].startswith("550 5.7.1 no games here"), reply)
            check("and the log tells why", server.wait_for(r'why="http: a casino'), server.log())
            server.stop()
    finally:
        hook.kill()
        hook.wait()


def questions(service):
    settings = {"filter.http.url": service.url, "filter.http.phases": "connect rcpt message", "filter.http.body": "true"}
    with Daemon(SETTINGS | settings) as server:
        service.answer = {"score": 1.5, "reason": "odd", "tell": "seen"}
        same("a large message", send(server, body=BODY).code, 250)
        same("was asked about at each phase that is set", [(path, asked["phase"]) for path, asked in service.asked],
             [("/mail", "connect"), ("/mail", "rcpt"), ("/mail", "message")])
        _, asked = service.asked[-1]
        message = base64.b64decode(asked["message"])
        check("and is there byte for byte", message.endswith(b"\r\n\r\n" + BODY) and len(message) == asked["size"], len(message))
        same("with what else is known", (asked["version"], asked["from"], asked["to"], asked["client"]["helo"], asked["headers_cut"]),
             (1, "a@example.org", ["bob@example.test"], "mail.example.org", False))
        check("its header, too", ["Subject", "hello"] in asked["headers"], asked["headers"])
        same("and what was told before", asked["facts"].get("http"), "seen")
        check("what it says is kept", "http" in why("bob") and "odd" in why("bob") and "score 4.5" in why("bob"), why("bob"))
        same("on one connection", service.connections, 1)
        server.stop()


def failures(service):
    settings = {"filter.http.url": service.url, "filter.http.timeout": "300ms", "filter.http.on_error": "defer"}
    with Daemon(SETTINGS | settings) as server:
        service.answer = b"[1, 2"
        same("an answer that is none defers, as on_error says", send(server).code, 450)
        check("and the log has it", server.wait_for(r'filter has a fault filter=http .*JSON'), server.log())
        service.answer = {}
        same("the next one counts", send(server).code, 250)
        service.hangs.clear()
        same("who hangs is not waited for", send(server).code, 450)
        for _ in range(4):
            send(server)
        check("after five calls the log has it", server.wait_for(r"filters have no answers source=127\.0\.0\.1:\d+ filter=http$"), server.log())
        check("and /readyz", "filters have no answers: 127.0.0.1:" in ready(server) and " (http)" in ready(server), ready(server))
        send(server)  # the probe
        asked = len(service.asked)
        same("and others are not asked", (send(server).code, len(service.asked)), (450, asked))
        service.hangs.set()
        check("until a probe is answered", until(lambda: send(server).code == 250, 20, 0.5), server.log())
        check("which is told, too", server.wait_for("filters have answers again"), server.log())
        check("and /readyz is clean", "filters have no answers" not in ready(server), ready(server))
        server.stop()
    with Daemon(SETTINGS | {"filter.http.url": "http://127.0.0.1:1/"}) as server:
        same("where nobody is, mail goes on", send(server, "dead").code, 250)
        check("and what is kept tells why", "cannot connect" in why("dead"), why("dead"))
    with Daemon(SETTINGS | {"filter.http.url": "http://hook.example/"}, wait=False) as server:
        check("a host name is no address", server.wait() != 0 and "names no address" in server.log(), server.log())


if __name__ == "__main__":
    example()
    service_ = Service()
    questions(service_)
    failures(service_)
    finish()

"""A message through the real listeners and back: by `maildrop canary`, and by /readyz?deep=1."""
import json
import re
import signal
import socket
import sqlite3
import threading
from contextlib import closing

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client

WELL = rb"delivered in \d+ ms, read in \d+ ms, removed in \d+ ms\n"
DEEP = "/readyz?deep=1"


def canary(daemon, *words, api=None, settings=None):
    """Of a daemon with example.test. Status, standard output, standard error."""
    api = api or daemon.api
    return maildrop("canary", "--smtp", daemon.smtp, "--api", f"http://{api}", *words, settings={"mail.domains": "example.test", **(settings or {})})


def deep(address):
    with Api(address) as api:
        status, _, body = api.get(DEEP)
        return status, body if status == 200 else json.loads(body)["detail"]


def figure(api, name):
    return int(float(re.search(rb"^" + re.escape(name.encode()) + rb" (\S+)$", api.get("/metrics")[2], re.M).group(1)))


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def one_process():
    with Daemon() as daemon, Api(daemon.api) as api:
        status, out, err = canary(daemon)
        check("the command sends one, reads it and removes it", status == 0 and re.fullmatch(WELL, out), (status, out, err))
        status, out, _ = canary(daemon, "--json")
        told = json.loads(out)
        same("as JSON", (status, told["schema"], told["well"], list(told["milliseconds"])),
             (0, "maildrop.canary/1", True, ["look", "connect", "deliver", "read", "remove", "check"]))
        settings = {"mail.domains": "example.test", "smtp.listen": f"{closed_port()}, {daemon.smtp}", "api.listen": f"{closed_port()}, {daemon.api}"}
        status, out, err = maildrop("canary", settings=settings)
        check("without addresses those of the settings that can be connected to", status == 0, (status, out, err))

        sessions = figure(api, "maildrop_smtp_sessions_total")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(deep(daemon.api))) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check("ten who ask whether it is deeply ready", all(status == 200 and re.fullmatch(rb"ok\n" + WELL, body) for status, body in answers), answers)
        same("hear of one canary", (figure(api, "maildrop_smtp_sessions_total") - sessions, figure(api, 'maildrop_canaries_total{result="well"}'),
                                    figure(api, "maildrop_canary_seconds_count")), (1, 1, 1))
        same("nothing is left", figure(api, "maildrop_store_messages"), 0)

        with closing(sqlite3.connect(f"{WORK}/mail.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody else can write
            status, _, err = canary(daemon)
            check("a store that takes nothing: not delivered, 69", status == 69 and err.startswith("maildrop: not delivered: 45"), (status, err))
        check("and then it does", until(lambda: canary(daemon)[0] == 0))
        same("nothing is left of that", until(lambda: figure(api, "maildrop_store_messages") == 0), True)

        with Client(daemon.smtp), socket.create_connection(daemon.api.split(":")) as half:
            half.sendall(f"GET {DEEP} HTTP/1.1\r\nHost: localhost\r\n".encode())
            api.get("/livez")  # the loops have seen the others
            daemon.signal(signal.SIGTERM)
            daemon.wait_for("draining")
            half.sendall(b"Connection: close\r\n\r\n")
            answer = b"".join(iter(lambda: half.recv(65536), b""))
            check("while it drains it is not deeply ready", b" 503 " in answer and b"about to end" in answer, answer)
        same("it ends", daemon.stop(), 0)

    status, _, err = canary(daemon)
    check("without a server: 69, and why", status == 69 and "the inbox cannot be read: cannot reach" in err, (status, err))
    status, _, err = maildrop("canary", settings={"smtp.listen": "fd:smtp"})
    check("of sockets that systemd passes the option is named", status == 64 and "--smtp" in err, (status, err))
    status, _, err = maildrop("canary", settings={"api.listen": "fd:api"})
    check("both of them", status == 64 and "--api" in err, (status, err))


def behind_doors():
    """Refused, by a unix socket, and with a PROXY header."""
    refusing = {"limits.exempt": "192.0.2.1", "filter.access.mode": "enforce", "filter.access.deny": "127.0.0.1", "store.url": "memory:"}
    with Daemon(refusing) as daemon:
        status, said = deep(daemon.api)
        same("a filter that refuses this machine", (status, said), (503, "a test message could not be delivered"))
        status, _, err = canary(daemon)
        check("the command has the reply", status == 69 and re.match(r"maildrop: not (delivered|connected): 5\d\d ", err), (status, err))
        check("and the log", "status=503" in daemon.log() and re.search("not (delivered|connected): 5", daemon.log()), daemon.log())
    with Daemon({"smtp.listen": f"unix:{WORK}/smtp.sock", "store.url": "memory:", "inbox.naming": "full"}) as daemon:
        same("by a unix socket", deep(daemon.api)[0], 200)
        status, _, err = maildrop("canary", "--smtp", f"unix:{WORK}/smtp.sock", "--api", f"http://{daemon.api}",
                                  settings={"mail.domains": "example.test", "inbox.naming": "full"})
        same("the command, too", (status, err), (0, ""))
    proxied = {"smtp.listen": "*:0", "proxy.networks": "127.0.0.0/8, ::1", "store.url": "memory:", "mail.domains": "*"}
    with Daemon({**proxied, "inbox.naming": "domain"}) as daemon:
        same("with a PROXY header, and each inbox a domain's", deep(daemon.api)[0], 200)
    with Daemon({"store.url": "memory:", "inbox.naming": "domain"}) as daemon:
        same("where no inbox is for it alone", deep(daemon.api), (501, "no inbox can be had for a test message alone"))


def two_processes():
    mail = {"smtp.listen": "127.0.0.1:0"}
    with Daemon(mail, ("serve-smtp",)) as smtp:
        with Daemon({"smtp.listen": smtp.smtp}, ("serve-api",)) as reader, Daemon({"smtp.listen": closed_port()}, ("serve-api",)) as alone, \
                Daemon({"smtp.listen": smtp.smtp, "store.url": f"sqlite:{WORK}/other.db"}, ("serve-api",)) as stranger:
            same("halves: the API sends through the SMTP server of the settings", deep(reader.api)[0], 200)
            same("one that cannot reach it says so", deep(alone.api), (501, "the SMTP server that the settings name cannot be reached from here"))
            same("one that reads another store", deep(stranger.api), (503, "a test message was delivered and cannot be read"))
            same("the command through both", canary(smtp, api=reader.api)[0], 0)
            address = reader.api
            reader.stop()
            before = len(smtp.lines)
            status, _, err = canary(smtp, api=address)
            for wrong in ("0s", "2h", "soon"):
                same(f"--timeout={wrong} makes no sense", canary(smtp, f"--timeout={wrong}", api=address)[0], 64)
            check("without the API: 69", status == 69 and "the inbox cannot be read" in err, (status, err))
            same("and nothing was sent", len(smtp.lines), before)


one_process()
behind_doors()
two_processes()
finish()

"""What serve-smtp counted, serve-api tells: by the hour, in total, and as it grows; and after their ends, too."""
import json
import re
import socket

from e2e import WORK, Api, Daemon, check, finish, same, until
from redis import Redis
from smtp import be_counted


class Stream:
    """Server-sent events, or the frames of a WebSocket: both as the texts that were pushed."""

    def __init__(self, daemon, path, web=False):
        host, port = daemon.api.rsplit(":", 1)
        self.web, self.got = web, b""
        self.socket = socket.create_connection((host, int(port)), 20)
        fields = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n") if web else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
        self.head = self.until(rb"\A(.*?\r\n\r\n)")

    def until(self, pattern):
        """The group of what comes first and matches, which is taken away with all before it."""
        while not (found := re.search(pattern, self.got, re.S)):
            more = self.socket.recv(65536)
            if not more:
                return ""
            self.got += more
        self.got = self.got[found.end():]
        return found[1].decode()

    def next(self):
        if not self.web:
            return self.until(rb"data: (.*?)\n\n")
        length = self.until(rb"\A\x81(.)")  # a text of less than 126 bytes
        return self.until(rb"\A(.{%d})" % ord(length)) if length else ""

    def comes_to(self, wanted):
        """Whether it is told, whatever is told before."""
        while said := self.next():
            if said == wanted:
                return True
        return False


def numbers(daemon):
    """(stored, refused) as each of the old and new ways has them."""
    with Api(daemon.api) as api:
        old = api.json("/v2/statistics")
        new = {each["group"] + "/" + each["name"]: each for each in api.json("/api/v3/statistics?hours=2")["series"]}
        blocked = api.json("/api/blocked")["blocked"]
    return {"v2": (old["queued"], old["denied"]), "v3": (new["/stored"]["total"], new["/refused"]["total"]),
            "hours": (sum(new["/stored"]["counts"]), sum(new["/refused"]["counts"])), "blocked": blocked,
            "reasons": {name[7:]: each["total"] for name, each in new.items() if name.startswith("reason/")}}


def all_are(daemon, stored, refused):
    wanted = {"v2": (stored, refused), "v3": (stored, refused), "hours": (stored, refused), "blocked": refused}
    found = until(lambda: (n := numbers(daemon)) and wanted.items() <= n.items() and n)
    return same(f"{stored} stored, {refused} refused", found or numbers(daemon),
                {**wanted, "reasons": {"relaying": refused}})


def play(settings, kills):
    writer, reader = Daemon(settings, ("serve-smtp",)), Daemon(settings, ("serve-api",))
    same("before all", {k: v for k, v in numbers(reader).items() if k != "reasons"},
         {"v2": (0, 0), "v3": (0, 0), "hours": (0, 0), "blocked": 0})
    streams = [Stream(reader, "/api/v3/statistics/events"), Stream(reader, "/api/v3/statistics/events", True),
               Stream(reader, "/ws/blocked", True)]
    same("streams begin", [each.head.split()[1] for each in streams], ["200", "101", "101"])
    same("with the numbers of now", [each.next() for each in streams], ['{"stored":0,"refused":0}'] * 2 + ["0"])
    be_counted(writer.smtp, 3, 2)
    all_are(reader, 3, 2)
    for name, stream, last in zip(("events", "a socket", "/ws/blocked"), streams, ['{"stored":3,"refused":2}'] * 2 + ["2"]):
        check(f"{name}: told", stream.comes_to(last))
        stream.socket.close()
    with Api(reader.api) as api:
        kinds = re.search(rb"\nmaildrop_http_watchers (\d+)", api.get("/metrics")[2])
        check("who has gone is not waited for", until(
            lambda: re.search(rb"\nmaildrop_http_watchers 0\n", api.get("/metrics")[2])), kinds)
    be_counted(writer.smtp, 1, 0)
    same("they end in peace", (writer.stop(), reader.stop()), (0, 0))  # and what was not written is written then
    writer, reader = Daemon(settings, ("serve-smtp",)), Daemon(settings, ("serve-api",))
    all_are(reader, 4, 2)
    be_counted(writer.smtp, 1, 1)
    if kills:
        all_are(reader, 5, 3)
        writer.kill()
        reader.kill()
        with Daemon(settings) as whole:
            all_are(whole, 5, 3)
            be_counted(whole.smtp, 1, 0)
            all_are(whole, 6, 3)
            whole.stop()
    else:
        reader.stop()
        writer.stop()


print("  SQLite", flush=True)
play({"store.url": f"sqlite:{WORK}/mail.db"}, True)
print("  Redis", flush=True)
with Redis() as server:
    play({"store.url": server.url}, False)
finish()

"""Who waits for mail hears of it when another process has stored it."""
import json
import re
import socket
import statistics
import threading
import time

from e2e import WORK, Api, Daemon, check, finish, same, until
from redis import Redis
from smtp import deliver

HERE = "/api/v3/mailboxes/"


class Stream:
    """A stream of events, as bytes."""

    def __init__(self, daemon, path, fields=""):
        host, port = daemon.api.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 20)
        self.socket.sendall(f"GET {HERE}{path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
        self.got = b""

    def until(self, what):
        """What came up to there, and is taken away."""
        while what not in self.got:
            more = self.socket.recv(65536)
            if not more:
                break
            self.got += more
        at = self.got.find(what)
        at = len(self.got) if at < 0 else at + len(what)
        taken, self.got = self.got[:at], self.got[at:]
        return taken.decode()

    def event(self):
        """(type, id of the message)."""
        text = self.until(b"}\n\n")
        found = re.search(r"event: (\w+)\ndata: (.*)\n\n", text)
        return (found[1], json.loads(found[2])["id"]) if found else ("none", text)

    def end(self):
        rest = self.until(b"\0never")
        self.socket.close()
        return rest


def in_background(what):
    """Runs it; the result by the returned function."""
    results = []
    thread = threading.Thread(target=lambda: results.append(what()), daemon=True)
    thread.start()

    def result():
        thread.join(30)
        return results[0] if results else None
    return result


def watchers(daemon):
    with Api(daemon.api) as api:
        return int(re.search(rb"\nmaildrop_http_watchers (\d+)", api.get("/metrics")[2])[1])


def mail(daemon, to):
    return deliver(daemon.smtp, [f"{to}@example.test"], b"Subject: news\r\n\r\nbody\r\n").code


def newest(daemon, inbox):
    with Api(daemon.api) as api:
        return api.messages(inbox)[0]["id"]


def play(settings):
    writer = Daemon(settings, ("serve-smtp",))
    reader = Daemon(settings, ("serve-api",))

    def ask(path):
        with Api(reader.api, 40) as api:
            return api.json(HERE + path)["messages"]

    answer = in_background(lambda: ask("bob?wait=30"))
    check("it waits", until(lambda: watchers(reader) == 1))
    same("mail to others is not for it", (mail(writer, "eve"), watchers(reader)), (250, 1))
    same("mail comes", mail(writer, "bob"), 250)
    messages = answer() or []
    same("and it is told", [each["subject"] for each in messages], ["news"])
    same("what is there is told at once", len(ask("bob?wait=30")), 1)
    answer = in_background(lambda: ask(f"bob?wait=30&since={messages[0]['id']}"))
    check("since then there is nothing", until(lambda: watchers(reader) == 1))
    mail(writer, "bob")
    later = answer() or []
    same("until mail comes, which is told alone", [each["id"] for each in later], [newest(reader, "bob")])

    stream = Stream(reader, "bob/events")
    check("a stream begins", "200 OK" in stream.until(b"retry: 3000\n\n"))
    check("and waits", until(lambda: watchers(reader) == 1))
    mail(writer, "bob")
    kind, second = stream.event()
    same("it tells of mail", (kind, second), ("message", newest(reader, "bob")))
    with Api(reader.api) as api:
        api.request("DELETE", f"{HERE}bob/{messages[0]['id']}")
    same("and of what was deleted", stream.event(), ("removed", messages[0]["id"]))

    delays = []
    for _ in range(25):
        mail(writer, "bob")
        start = time.monotonic()
        while stream.event()[0] == "removed":  # the inbox is full
            pass
        delays.append(time.monotonic() - start)
    print(f"  from 250 to the event, p50 of {len(delays)}: {statistics.median(delays) * 1000:.1f} ms", flush=True)
    second = newest(reader, "bob")

    answer = in_background(lambda: ask("carol?wait=30"))
    check("both wait", until(lambda: watchers(reader) == 2))
    same("the API ends in peace", reader.stop(), 0)
    same("who waited hears that there is nothing", answer(), [])
    stream.end()
    mail(writer, "bob")
    reader = Daemon(settings, ("serve-api",))
    stream = Stream(reader, "bob/events", f"Last-Event-ID: {second}\r\n")
    same("who comes again hears what came meanwhile", stream.event(), ("message", newest(reader, "bob")))
    stream.socket.close()
    check("who has gone is not waited for", until(lambda: watchers(reader) == 0))
    with Api(reader.api) as api:
        check("an inbox has some", len(api.messages("bob")) > 1)
        same("and is emptied by who only reads", (api.request("DELETE", f"{HERE}bob")[0], api.messages("bob")), (204, []))
    reader.stop()
    writer.stop()


print("  SQLite", flush=True)
play({"store.url": f"sqlite:{WORK}/mail.db"})
print("  Redis", flush=True)
with Redis() as server:
    play({"store.url": server.url})
finish()

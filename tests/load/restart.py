"""restart.py BINARY FOLDER takeover|far|inherited: see restart.sh."""
import collections
import http.client
import json
import os
import socket
import sys
import threading
import time

import mirror
from servers import Server, raise_file_limit

RESTARTS = min(int(os.environ.get("RESTARTS", "100")), 1000)
CLIENTS = min(int(os.environ.get("CLIENTS", "16")), 64)
FAR = min(float(os.environ.get("FAR", "25")), 1000) / 1000
BETWEEN = 0.05  # seconds from one restart to the next; of the far ones so that a message fits in between
MESSAGE = b"Subject: %d\r\n\r\n" + b"A line of a message that somebody wants to read.\r\n" * 40 + b".\r\n"
FELT = ("delivered", "read", "told to come back", "refused", "reset")


class Told(Exception):
    """A 4xx: the client comes again."""


class Worker(threading.Thread):
    """Does its work until it is told to stop, and counts how that ended."""

    def __init__(self, address):
        super().__init__()
        self.address, self.over, self.counts, self.slowest = address, False, collections.Counter(), 0.0

    def run(self):
        while not self.over:
            try:
                self.work()
            except Told:
                self.counts["told to come back"] += 1
            except ConnectionRefusedError:
                self.counts["refused"] += 1
            except OSError:
                self.counts["reset"] += 1


class Sender(Worker):
    def __init__(self, address, number, messages):
        super().__init__(address)
        self.number, self.messages, self.connections, self.acknowledged = number, messages, 0, {}

    def work(self):
        begun = time.monotonic()
        self.connections += 1
        inbox = f"c{self.number}x{self.connections}"
        with socket.create_connection(self.address, 60) as sock, sock.makefile("rb") as replies:
            def say(command):
                try:
                    sock.sendall(command)
                except ConnectionError:
                    pass  # closed, perhaps with a 421 before
                line = replies.readline()
                while line[3:4] == b"-":
                    line = replies.readline()
                if not line:
                    raise ConnectionResetError
                if line[:1] == b"4":
                    raise Told
                if line[:1] not in b"23":
                    raise SystemExit(f"{command!r}: {line!r}")

            say(b"")
            self.slowest = max(self.slowest, time.monotonic() - begun)
            say(b"EHLO client.test\r\n")
            for number in range(self.messages):
                say(b"MAIL FROM:<a@client.test>\r\n")
                say(b"RCPT TO:<%s@example.test>\r\n" % inbox.encode())
                say(b"DATA\r\n")
                say(MESSAGE % number)
                self.acknowledged.setdefault(inbox, set()).add(str(number))
                self.counts["delivered"] += 1
            say(b"QUIT\r\n")


class Reader(Worker):
    def work(self):
        api = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            api.request("GET", "/api/v3/mailboxes/c0x1")
            status = api.getresponse().status
        except http.client.HTTPException as error:
            raise ConnectionResetError from error
        finally:
            api.close()
        if status != 200:
            raise Told
        self.counts["read"] += 1


class Place:
    """Where one process after the other serves."""

    def __init__(self, binary, folder, way):
        self.binary, self.folder, self.way = binary, folder, way
        self.host = mirror.HERE if way == "far" else "127.0.0.1"
        self.sockets = [socket.create_server((self.host, 0), backlog=4096) for _ in range(2)]
        self.smtp, self.api = (each.getsockname() for each in self.sockets)
        if way != "inherited":
            for each in self.sockets:
                each.close()
        self.count = 0

    def start(self):
        smtp, api = "%s:%d" % self.smtp, "%s:%d" % self.api
        argv, env, held = [self.binary, "serve"], {"PATH": os.environ["PATH"], "HOME": self.folder}, ()
        if self.way == "inherited":
            smtp, api = "fd:smtp", "fd:api"
            # LISTEN_PID is known in the new process only; the shell gives the descriptors their numbers there.
            held = [os.dup2(each.fileno(), 100 + number) for number, each in enumerate(self.sockets)]
            argv = ["bash", "-c", 'exec 3<&100 4<&101; LISTEN_PID=$$ exec "$0" "$@"', *argv]
            env.update(LISTEN_FDS="2", LISTEN_FDNAMES="smtp:api")
        settings = {"smtp.listen": smtp, "api.listen": api, "mail.domains": "example.test", "service.takeover": True,
                    "store.url": f"sqlite:{self.folder}/{self.way}.db", "inbox.max_messages": 20,
                    # one address does the work of many
                    "limits.exempt": "127.0.0.0/8,10.0.0.0/8"}
        env.update({"MAILDROP_" + k.upper().replace(".", "_"): str(v).lower() for k, v in settings.items()})
        self.count += 1
        server = Server("maildrop", argv, f"{self.folder}/{self.way}.{self.count}.log", env, pass_fds=held)
        server.wait_for_log(r"\bready\b")
        return server

    def restart(self, old):
        """The new process, and how long the old one and it took together."""
        begun = time.monotonic()
        if self.way == "inherited":
            old.process.terminate()
            old.process.wait(30)
        new = self.start()
        took = time.monotonic() - begun
        if old.process.wait(30) != 0:
            raise SystemExit(f"the old process ended with {old.process.returncode}")
        return new, took


def lost(address, senders):
    """How many of the acknowledged messages are not there."""
    api, missing = http.client.HTTPConnection(*address, timeout=60), 0
    for sender in senders:
        for inbox, wanted in sender.acknowledged.items():
            api.request("GET", f"/api/v3/mailboxes/{inbox}")
            missing += len(wanted - {m["subject"] for m in json.load(api.getresponse())["messages"]})
    return missing


def main(binary, folder, way):
    raise_file_limit()
    if way == "far":
        mirror.enter(FAR)
    place = Place(binary, folder, way)
    server = place.start()
    host = mirror.FAR if way == "far" else place.host
    senders = [Sender((host, place.smtp[1]), n, 1 if n % 2 else 20) for n in range(CLIENTS)]
    workers = senders + [Reader((host, place.api[1])) for _ in range(2)]
    for worker in workers:
        worker.start()
    took = []
    for _ in range(RESTARTS):
        time.sleep(BETWEEN + (20 * FAR if way == "far" else 0))
        server, seconds = place.restart(server)
        took.append(seconds)
    for worker in workers:
        worker.over = True
    for worker in workers:
        worker.join()
    counts = sum((worker.counts for worker in workers), collections.Counter())
    counts["lost"] = lost(place.api, senders)
    slowest = max(sender.slowest for sender in senders)
    print("way\trestarts\t" + "\t".join(FELT) + "\tlost\tslowest restart s\tslowest greeting s")
    print(f"{way}\t{RESTARTS}\t" + "\t".join(str(counts[each]) for each in FELT) +
          f"\t{counts['lost']}\t{max(took):.3f}\t{slowest:.3f}", flush=True)
    server.process.terminate()
    server.process.wait(30)
    return 1 if counts["refused"] or counts["reset"] or counts["lost"] or not counts["delivered"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

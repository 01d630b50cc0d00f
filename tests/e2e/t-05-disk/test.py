"""A full disk. The store lies on a tmpfs of 8 MiB (argument 1) that a filler file fills up."""
import os
import shutil
import sys
import time

from e2e import WORK, Api, Daemon, check, finish, same, until, without_trace
from redis import DURABLE, Redis
from smtp import Client, noise

DISK = sys.argv[1]
FILLER = f"{DISK}/filler"
BODY = b"Subject: disk\r\n\r\n" + noise(200)  # about 20 KB


def fill():
    with open(FILLER, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 65536)
        except OSError:
            pass
        try:
            while True:
                f.write(b"\0" * 512)
        except OSError:
            pass


class Sender:
    def __init__(self, address):
        self.address = address
        self.client = Client(address, timeout=30)
        self.count = 0
        self.accepted, self.refused, self.slowest = [], [], 0.0

    def send(self):
        """One message to a new inbox; true when it was accepted."""
        self.count += 1
        name = f"d{self.count}"
        start = time.monotonic()
        reply = self.client.deliver([f"{name}@example.test"], BODY)
        self.slowest = max(self.slowest, time.monotonic() - start)
        if reply.code == 0:  # too many errors in one session
            self.client = Client(self.address, timeout=30)
        (self.accepted if reply.code == 250 else self.refused).append((name, reply))
        return reply.code == 250


def all_there(address, names):
    with Api(address) as api:
        return [name for name in names if without_trace(api.only(name)) != BODY]


def full_disk():
    with Daemon({"store.url": f"sqlite:{DISK}/mail.db", "limits.errors": 1000}) as daemon:
        sender = Sender(daemon.smtp)
        for _ in range(20):
            sender.send()
        same("20 messages before", len(sender.accepted), 20)
        fill()
        until(lambda: not sender.send() and len(sender.refused) >= 20, 30, 0)
        codes = sorted({reply.code for _, reply in sender.refused})
        same("a full disk refuses with 452", codes, [452]) or print(sender.refused[:3])
        check("within two seconds each", sender.slowest < 2.5, sender.slowest)
        lost = all_there(daemon.api, [name for name, _ in sender.accepted])
        check(f"none of the {len(sender.accepted)} accepted is lost", not lost, lost[:5])
        with Api(daemon.api) as api:
            there = [name for name, _ in sender.refused if api.messages(name)]
            same("it is not ready", api.get("/readyz")[0], 503)
        check("none of the refused is stored", not there, there[:5])
        os.unlink(FILLER)
        check("a freed disk accepts again", until(sender.send, 10, 0.2), sender.refused[-1:])
        with Api(daemon.api) as api:
            check("and it is ready", until(lambda: api.get("/readyz")[0] == 200))
        accepted = [name for name, _ in sender.accepted]
        daemon.kill()
    with Daemon({"store.url": f"sqlite:{DISK}/mail.db"}) as daemon:
        lost = all_there(daemon.api, accepted)
        check("after kill -9 and a start all are still there", not lost, lost[:5])
        daemon.stop()


def redis_on_it():
    """Redis ends rather than confirm what it cannot log; the service puts mail off until it is back."""
    with Redis(*DURABLE, name=os.path.basename(DISK)) as server:
        settings = {"store.url": server.url, "limits.errors": 1000}
        with Daemon(settings) as daemon:
            sender = Sender(daemon.smtp)
            for _ in range(20):
                sender.send()
            same("redis: 20 messages before", len(sender.accepted), 20)
            fill()
            until(lambda: not sender.send() and len(sender.refused) >= 10, 30, 0)
            codes = sorted({reply.code for _, reply in sender.refused})
            same("redis: a full disk refuses with 451", codes, [451]) or print(sender.refused[:3])
            check("redis: the server has ended by itself", until(lambda: server.process.poll() is not None))
            os.unlink(FILLER)
            server.start()
            check("redis: a freed disk accepts again", until(sender.send, 10, 0.2), sender.refused[-1:])
            lost = all_there(daemon.api, [name for name, _ in sender.accepted])
            check(f"redis: none of the {len(sender.accepted)} accepted is lost", not lost, lost[:5])
            daemon.stop()


def own_ceiling():
    settings = {"store.url": f"sqlite:{WORK}/small.db", "store.max_size": "2MiB", "limits.errors": 1000}
    with Daemon(settings) as daemon:
        sender = Sender(daemon.smtp)
        until(lambda: not sender.send(), 20, 0)
        same("store.max_size refuses with 452", [reply.code for _, reply in sender.refused], [452])
        lost = all_there(daemon.api, [name for name, _ in sender.accepted])
        check(f"and keeps the {len(sender.accepted)} accepted", not lost and len(sender.accepted) > 20, lost[:5])
        with Api(daemon.api) as api:
            for name, _ in sender.accepted[:30]:
                found = api.messages(name)[0]["id"]
                api.request("DELETE", f"/api/v3/mailboxes/{name}/{found}", {"X-Requested-With": "test"})
        check("after deletions there is room again", until(sender.send, 10, 0.2), sender.refused[-1:])
        daemon.stop()


def moved_away():
    path = f"{WORK}/moved.db"
    with Daemon({"store.url": f"sqlite:{path}"}) as daemon:
        sender = Sender(daemon.smtp)
        check("a message is stored", sender.send())
        os.rename(path, f"{path}.away")
        check("a store that was moved away refuses with 451", not sender.send() and sender.refused[-1][1].code == 451)
        with Api(daemon.api) as api:
            same("and is not read", api.get("/api/v3/mailboxes/d1")[0], 503)
        check("that nothing expires is told", daemon.wait_for(r"\bupkeep failed of=purge error=.*moved", 10), daemon.log())
        os.rename(f"{path}.away", path)
        check("moved back it accepts again, without a restart", sender.send(), sender.refused[-1:])
        check("and what has expired goes", daemon.wait_for(r"\bupkeep works again of=purge", 10), daemon.log())
        lost = all_there(daemon.api, [name for name, _ in sender.accepted])
        check("none of the accepted is lost", len(sender.accepted) == 2 and not lost, lost)
        shutil.copy(path, f"{path}.copy")
        os.rename(f"{path}.copy", path)
        check("with another file in its place it refuses", not sender.send())
        daemon.stop()


full_disk()
redis_on_it()
own_ceiling()
moved_away()
finish()

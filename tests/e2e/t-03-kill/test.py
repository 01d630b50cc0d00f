"""kill -9 at random moments of a load. A message is acknowledged when its 250 was read; each must be there afterwards."""
import os
import random
import threading
import time

from e2e import Api, Daemon, check, finish, until
from smtp import Client

KILLS = int(os.environ.get("KILLS", "6"))
SENDERS = 8
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 30)


class Load:
    """Senders that never stop: each message has an inbox of its own, and a failed one is never tried again."""

    def __init__(self):
        self.address = None  # None: no server at the moment
        self.ending = False
        self.lock = threading.Lock()
        self.sent, self.acknowledged = [], []
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(SENDERS)]

    def run(self, number):
        count = 0
        while not self.ending:
            address = self.address
            if not address:
                time.sleep(0.01)
                continue
            try:
                with Client(address, timeout=10) as client:
                    while not self.ending:
                        count += 1
                        self.one(client, f"k{number}-{count}")
            except (OSError, ConnectionError, ValueError, TimeoutError):
                time.sleep(0.01)

    def one(self, client, name):
        with self.lock:
            self.sent.append(name)
        reply = client.deliver([f"{name}@example.test"], f"Subject: {name}\r\n\r\n{name * 50}\r\n".encode())
        if reply.code == 250:
            with self.lock:
                self.acknowledged.append(name)
        elif reply.code == 0:
            raise ConnectionError


random.seed(SEED)
load = Load()
for thread in load.threads:
    thread.start()
try:
    for kill in range(KILLS):
        with Daemon() as daemon:
            before = len(load.acknowledged)
            load.address = daemon.smtp
            until(lambda: len(load.acknowledged) > before + 20, 20)
            time.sleep(random.uniform(0, 0.8))
            daemon.process.kill()
            load.address = None
            daemon.process.wait()
        check(f"kill {kill + 1}: there was load", len(load.acknowledged) > before + 20, len(load.acknowledged) - before)
finally:
    load.ending = True
    for thread in load.threads:
        thread.join()

with Daemon() as daemon, Api(daemon.api) as api:
    readable = lost = duplicated = extra = 0
    acknowledged = set(load.acknowledged)
    for name in load.sent:
        found = api.messages(name)
        duplicated += len(found) > 1
        if name not in acknowledged:
            extra += bool(found)
        elif found and name.encode() * 50 in (api.raw(name, found[0]["id"]) or b""):
            readable += 1
        else:
            lost += 1
    daemon.stop()
print(f"  seed={SEED} kills={KILLS} sent={len(load.sent)} acknowledged={len(acknowledged)} readable={readable} lost={lost} "
      f"duplicated={duplicated} stored_unacknowledged={extra}")
check("every acknowledged message is there", lost == 0 and readable == len(acknowledged))
check("none is there twice", duplicated == 0)
finish()

"""load.py: senders that never stop while servers come and go, and what must be there afterwards."""
import threading
import time

from e2e import check
from smtp import Client

SENDERS = 8


class Load:
    """Each message has an inbox of its own, and a failed one is never tried again. It is acknowledged when its 250 was
    read."""

    def __init__(self):
        self.address = None  # None: no server at the moment
        self.ending = False
        self.lock = threading.Lock()
        self.sent, self.acknowledged = [], []
        self.codes = {}
        self.replies = []  # to messages: when their data began, when it was answered, code
        self.slowest = 0.0  # seconds, of a reply to a message
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(SENDERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        """Until all have gone."""
        self.ending = True
        for thread in self.threads:
            thread.join()

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
        if client.begin([f"{name}@example.test"]).code != 354:
            raise ConnectionError
        begin = time.monotonic()
        client.send(f"Subject: {name}\r\n\r\n{name * 50}\r\n.\r\n".encode())
        reply = client.reply()
        with self.lock:
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.codes[reply.code] = self.codes.get(reply.code, 0) + 1
            self.replies.append((begin, time.monotonic(), reply.code))
            if reply.code == 250:
                self.acknowledged.append(name)
        if reply.code == 0:
            raise ConnectionError
        if reply.code != 250:
            time.sleep(0.05)

    def check_all(self, api, title):
        """Every acknowledged message is there, and none twice."""
        readable = lost = duplicated = extra = 0
        acknowledged = set(self.acknowledged)
        for name in self.sent:
            found = api.messages(name)
            duplicated += len(found) > 1
            if name not in acknowledged:
                extra += bool(found)
            elif found and name.encode() * 50 in (api.raw(name, found[0]["id"]) or b""):
                readable += 1
            else:
                lost += 1
        print(f"  {title}: sent={len(self.sent)} acknowledged={len(acknowledged)} readable={readable} lost={lost} "
              f"duplicated={duplicated} stored_unacknowledged={extra} replies={self.codes} slowest={self.slowest:.2f}s")
        check(f"{title}: every acknowledged message is there", lost == 0 and readable == len(acknowledged))
        check(f"{title}: none is there twice", duplicated == 0)

"""eviction.py BINARY FOLDER: see eviction.sh."""
import base64
import http.client
import json
import multiprocessing
import os
import re
import socket
import sys
import threading
import time
import urllib.request

from servers import maildrop

FLOOD = min(int(os.environ.get("FLOOD", "100000")), 1000000)
SIZE = min(int(os.environ.get("SIZE", "100000")), 500000)
CAPACITY = os.environ.get("CAPACITY", "256MiB")
MIN_AGE = min(int(os.environ.get("MIN_AGE", "20")), 600)
SENDERS = 4
HONEST = b"Subject: honest\r\n\r\n" + b"A line of a message that somebody wants to read.\r\n" * 40


class Client:
    def __init__(self, port, source):
        self.sock = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.reply(b"")
        self.reply(b"HELO client.test\r\n")

    def reply(self, command, lines=1):
        self.sock.sendall(command)
        for _ in range(lines):
            line = self.file.readline()
        return line[:3]

    def send(self, name, body):
        if self.reply(b"MAIL FROM:<a@client.test>\r\nRCPT TO:<%s@example.test>\r\nDATA\r\n" % name.encode(), 3) != b"354":
            raise ConnectionError("no 354")
        return self.reply(body + b".\r\n")

    def close(self):
        self.sock.close()


def flood(port, number, count, told):
    body = b"Subject: flood\r\n\r\n" + base64.encodebytes(os.urandom(SIZE * 57 // 78)).replace(b"\n", b"\r\n")
    codes = {}
    client = None
    for i in range(count):
        try:
            client = client or Client(port, f"127.66.0.{1 + (number + i // 100 * SENDERS) % 250}")
            code = client.send(f"flood{number}.{i}", body).decode() or "closed"
        except OSError:
            code = "closed"
        codes[code] = codes.get(code, 0) + 1
        if code == "closed" or i % 100 == 99:
            if client:
                client.close()
            client = None
    told.put(codes)


class Honest(threading.Thread):
    def __init__(self, server, number, over):
        super().__init__()
        self.server, self.number, self.over = server, number, over
        self.sent, self.refused, self.lost, self.reads, self.slowest = [], 0, set(), 0, 0.0
        self.whole = False

    def run(self):
        api = http.client.HTTPConnection(self.server.api, timeout=30)
        due = time.monotonic()
        while not self.over.is_set():
            time.sleep(max(0, due - time.monotonic()))
            due += 1
            name = f"honest{self.number}.{len(self.sent) + self.refused}"
            start = time.monotonic()
            try:
                client = Client(self.server.port, f"127.{100 + self.number}.1.1")
                taken = client.send(name, HONEST) == b"250"
                client.close()
            except OSError:
                taken = False
            self.slowest = max(self.slowest, time.monotonic() - start)
            if taken:
                self.sent.append((time.monotonic(), name))
            else:
                self.refused += 1
            for at, each in reversed(self.sent):
                if time.monotonic() - at > MIN_AGE - 2:  # what is read late may be older than it was
                    break
                api.request("GET", f"/api/v3/mailboxes/{each}")
                self.reads += 1
                if len(json.load(api.getresponse())["messages"]) != 1:
                    self.lost.add(each)
        self.whole = True


def metric(server, name):
    with urllib.request.urlopen(f"http://{server.api}/metrics", timeout=30) as answer:
        found = re.search(rf"^{re.escape(name)} (\S+)", answer.read().decode(), re.M)
    return int(float(found.group(1))) if found else 0


binary, folder = sys.argv[1:3]
settings = {"store.max_size": CAPACITY, "store.wal_size": "8MiB", "inbox.min_age": f"{MIN_AGE}s", "inbox.max_age": "1h"}
if os.environ.get("STORE"):
    settings["store.url"] = os.environ["STORE"]
with maildrop(binary, folder, command="serve", name="eviction", settings=settings) as server:
    server.api = server.wait_for_log(r'service=api.*address="?(127\.0\.0\.1:\d+)').group(1)
    over = threading.Event()
    honest = [Honest(server, n, over) for n in range(10)]
    for each in honest:
        each.start()
    time.sleep(3)
    told = multiprocessing.Queue()
    start = time.monotonic()
    senders = [multiprocessing.Process(target=flood, args=(server.port, n, FLOOD // SENDERS, told), daemon=True) for n in range(SENDERS)]
    for each in senders:
        each.start()
    codes, largest = {}, 0
    for _ in senders:
        while told.empty():
            largest = max(largest, metric(server, "maildrop_store_bytes"))
            time.sleep(0.5)
        for code, count in told.get().items():
            codes[code] = codes.get(code, 0) + count
    took = time.monotonic() - start
    over.set()
    for each in honest:
        each.join()
    sent, lost = sum(len(each.sent) for each in honest), set().union(*(each.lost for each in honest))
    evicted = metric(server, 'maildrop_store_removed_total{reason="evicted"}')
    refused = sum(each.refused for each in honest)
    print("flood_s\tflood_codes\tevicted\tstore_mib_most\thonest_taken\thonest_refused\tread\tlost_young\tslowest_ms\trss_kb")
    print(f"{took:.0f}\t{codes}\t{evicted}"
          f"\t{largest / 2**20:.1f}\t{sent}\t{refused}\t{sum(each.reads for each in honest)}\t{len(lost)}"
          f"\t{max(each.slowest for each in honest) * 1000:.0f}\t{server.status_kb('VmRSS')}")
    flooded = codes.get("250", 0) + codes.get("452", 0) == sum(codes.values()) and codes.get("452", 0) > 0
    bounded = largest <= int(CAPACITY.removesuffix("MiB")) << 20
    if not flooded or not bounded:
        print("# the flood was not delivered, or not refused" if not flooded else "# the store grew beyond its capacity")
    sys.exit(0 if flooded and bounded and sent and not lost and not refused and all(each.whole for each in honest) else 1)

"""siege.py BINARY FOLDER: see siege.sh."""
import multiprocessing
import os
import re
import selectors
import socket
import struct
import sys
import threading
import time
import urllib.request

from servers import maildrop, raise_file_limit

IDLE = min(int(os.environ.get("IDLE", "2000")), 10000)
DRIPPING = min(int(os.environ.get("DRIPPING", "500")), 5000)
HOLDING = min(int(os.environ.get("HOLDING", "500")), 1000)
HONEST = min(int(os.environ.get("HONEST", "20")), 200)
LASTS = min(float(os.environ.get("LASTS", "30")), 300)
PROMISED_LATEST = 2.0  # seconds for any reply to an honest client
BEGIN = b"HELO l\r\nMAIL FROM:<>\r\nRCPT TO:<large@example.test>\r\nDATA\r\n\r\n"
# Of several sizes, so that the small ones fill what the large ones leave.
LARGE = [BEGIN + (b"x" * 998 + b"\r\n") * count for count in (400, 400, 400, 100, 50, 25, 12, 6)]
MESSAGE = b"Subject: honest\r\n\r\n" + b"A line of a message that somebody wants to read.\r\n" * 40 + b".\r\n"


def connect(port, source, timeout=10):
    sock = socket.create_connection(("127.0.0.1", port), timeout, (source, 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no TIME_WAIT behind
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Honest(threading.Thread):
    """Delivers a message a second, and notes how long each reply took."""

    def __init__(self, port, number, until):
        super().__init__()
        self.port, self.source, self.until = port, f"127.100.{number}.1", until
        self.replies, self.served, self.failed = [], 0, []

    def run(self):
        due = time.monotonic()
        while due < self.until:
            time.sleep(max(0, due - time.monotonic()))
            try:
                self.deliver()
                self.served += 1
            except (OSError, ValueError) as error:
                self.failed.append(str(error))
            due += 1

    def deliver(self):
        start = time.monotonic()
        with connect(self.port, self.source) as sock, sock.makefile("rb") as file:
            for command, wanted in ((b"", b"220"), (b"HELO honest.test\r\n", b"250"), (b"MAIL FROM:<a@honest.test>\r\n", b"250"),
                                    (b"RCPT TO:<bob@example.test>\r\n", b"250"), (b"DATA\r\n", b"354"), (MESSAGE, b"250"), (b"QUIT\r\n", b"221")):
                sock.sendall(command)
                line = file.readline()
                self.replies.append(time.monotonic() - start)
                if not line.startswith(wanted):
                    raise ValueError(f"wanted {wanted.decode()}, got {line.decode().split(' [')[0].strip() or 'a close'}")
                start = time.monotonic()


class Attack(multiprocessing.Process):
    """Holds the idle ones, feeds the dripping ones, and floods from one address with what time is left. Who is ended
    comes again at once."""

    def __init__(self, port):
        super().__init__()
        self.port, self.over, self.ready = port, multiprocessing.Event(), multiprocessing.Event()
        self.told = multiprocessing.Queue()
        self.floods, self.refused, self.flooded = 0, 0, 0

    def run(self):
        self.ended = 0
        self.poll = selectors.DefaultSelector()
        # Of the idle ones 40 an address, of the others 20: some have more seats than others.
        for n in range(IDLE):
            self.hold(f"127.101.{n // 160}.{1 + n // 40}", b"")
        for n in range(DRIPPING):
            self.hold(f"127.102.{n // 80}.{1 + n // 20}", b"E")
        for n in range(HOLDING):
            self.hold(f"127.104.{n // 100}.{1 + n // 25}", b"x", LARGE[n % len(LARGE)])
        self.ready.set()
        drip_due = time.monotonic()
        while not self.over.is_set():
            if time.monotonic() >= drip_due:
                drip_due += 1
                self.drip()
            self.come_again()
            self.flood()
        self.told.put((self.floods, self.refused, self.flooded, self.ended))

    def hold(self, source, drip, begin=b""):
        try:
            sock = connect(self.port, source)
            sock.sendall(begin)
            self.poll.register(sock, selectors.EVENT_READ, (source, drip, begin))
        except OSError:
            pass

    def drip(self):
        for key in list(self.poll.get_map().values()):
            try:
                key.fileobj.send(key.data[1])
            except OSError:
                pass  # come_again() sees to it

    def come_again(self):
        for key, _ in self.poll.select(0):
            try:
                more = key.fileobj.recv(4096)
            except OSError:
                more = b""
            if more and not more.startswith(b"4"):
                continue  # a greeting, or what was answered to it
            self.ended += 1
            self.poll.unregister(key.fileobj)
            key.fileobj.close()
            if not self.over.is_set():
                self.hold(*key.data)

    def flood(self):
        """A connection, and as many messages as it lets through."""
        self.floods += 1
        try:
            with connect(self.port, "127.103.0.1", 2) as sock, sock.makefile("rb") as file:
                sock.sendall(b"HELO f\r\n")
                if not file.readline().startswith(b"220"):
                    self.refused += 1
                    return
                file.readline()
                for _ in range(20):
                    sock.sendall(b"MAIL FROM:<f@flood.test>\r\nRCPT TO:<f@example.test>\r\nDATA\r\n")
                    if not all(file.readline()[:1] in (b"2", b"3") for _ in range(3)):
                        return
                    sock.sendall(MESSAGE)
                    if not file.readline().startswith(b"250"):
                        return
                    self.flooded += 1
        except OSError:
            self.refused += 1


def metric(server, name):
    with urllib.request.urlopen(server.api + "/metrics", timeout=10) as answer:
        found = re.search("^" + re.escape(name) + r" (\S+)$", answer.read().decode(), re.M)
    return int(float(found.group(1))) if found else 0


def measure(server, label):
    until = time.monotonic() + LASTS
    clients = [Honest(server.port, n, until) for n in range(HONEST)]
    for client in clients:
        client.start()
    time.sleep(LASTS / 2)
    connections, memory = metric(server, "maildrop_smtp_connections"), metric(server, "maildrop_memory_bytes") >> 20
    for client in clients:
        client.join()
    replies = sorted(reply for client in clients for reply in client.replies)
    served, failed = sum(client.served for client in clients), [f for client in clients for f in client.failed]
    p50, p99 = (replies[int(len(replies) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{label}\t{connections}\t{memory}\t{served}\t{len(failed)}\t{p50:.2f}\t{p99:.2f}\t{replies[-1] * 1000:.2f}\t{server.status_kb('VmRSS')}", flush=True)
    for what in sorted(set(failed)):
        print(f"# {failed.count(what)} times: {what}")
    return not failed and replies[-1] <= PROMISED_LATEST, connections


binary, folder = sys.argv[1:3]
raise_file_limit()
settings = {"limits.exempt": "", "limits.connections": min(int(os.environ.get("SEATS", "2400")), 10000), "service.drain_timeout": "1s"}
print("attack\tconnections\tmemory_mib\tserved\tfailed\tp50_ms\tp99_ms\tlatest_ms\trss_kb")
with maildrop(binary, folder, command="serve", name="siege", settings=settings) as server:
    server.api = "http://" + server.wait_for_log(r'service=api.*address="?(127\.0\.0\.1:\d+)').group(1)
    good, _ = measure(server, "none")
    attack = Attack(server.port)
    attack.daemon = True  # ends with this process
    attack.start()
    if not attack.ready.wait(60):
        raise SystemExit("the attack did not get ready")
    served, connections = measure(server, "siege")
    good = served and good
    displaced = metric(server, 'maildrop_smtp_refused_total{reason="displaced"}')
    attack.over.set()
    print("# the flood: {} connections, {} refused, {} messages taken; of the others {} were ended and came again".format(*attack.told.get(timeout=30)))
    attack.join()
    crowded = connections >= settings["limits.connections"] * 7 // 8 and displaced > 0
    print(f"# {displaced} displaced{'' if crowded else '; the house was not full: this proves little'}")
sys.exit(0 if good else 1)

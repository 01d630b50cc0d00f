"""siege.py BINARY FOLDER: see siege.sh."""
import multiprocessing
import os
import socket
import struct
import sys
import threading
import time

from servers import maildrop, raise_file_limit

IDLE = min(int(os.environ.get("IDLE", "2000")), 10000)
DRIPPING = min(int(os.environ.get("DRIPPING", "500")), 5000)
HONEST = min(int(os.environ.get("HONEST", "20")), 200)
LASTS = min(float(os.environ.get("LASTS", "30")), 300)
PROMISED_LATEST = 2.0  # seconds for any reply to an honest client
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
                    raise ValueError(f"wanted {wanted.decode()}, got {line.decode().strip() or 'a close'}")
                start = time.monotonic()


class Attack(multiprocessing.Process):
    """Holds the idle ones, feeds the dripping ones, and floods from one address with what time is left."""

    def __init__(self, port):
        super().__init__()
        self.port, self.over, self.ready = port, multiprocessing.Event(), multiprocessing.Event()
        self.told = multiprocessing.Queue()
        self.floods, self.refused, self.flooded = 0, 0, 0

    def run(self):
        self.held = [connect(self.port, f"127.101.{n // 25}.{1 + n % 25}") for n in range(IDLE)]
        self.drips = [connect(self.port, f"127.102.{n // 25}.{1 + n % 25}") for n in range(DRIPPING)]
        self.ready.set()
        drip_due = time.monotonic()
        while not self.over.is_set():
            if time.monotonic() >= drip_due:
                drip_due += 1
                for sock in self.drips:
                    try:
                        sock.send(b"E")
                    except OSError:
                        pass  # it has been ended: that is the point
            self.flood()
        self.told.put((self.floods, self.refused, self.flooded))

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


def seated(server):
    """Established connections at its end."""
    with open("/proc/net/tcp", encoding="ascii") as f:
        port = f":{server.port:04X}"
        return sum(1 for line in f if line.split()[1].endswith(port) and line.split()[3] == "01")


def measure(server, label):
    until = time.monotonic() + LASTS
    clients = [Honest(server.port, n, until) for n in range(HONEST)]
    for client in clients:
        client.start()
    time.sleep(LASTS / 2)
    connections = seated(server)
    for client in clients:
        client.join()
    replies = sorted(reply for client in clients for reply in client.replies)
    served, failed = sum(client.served for client in clients), [f for client in clients for f in client.failed]
    p50, p99 = (replies[int(len(replies) * share)] * 1000 for share in (0.5, 0.99))
    print(f"{label}\t{connections}\t{served}\t{len(failed)}\t{p50:.2f}\t{p99:.2f}\t{replies[-1] * 1000:.2f}\t{server.status_kb('VmRSS')}", flush=True)
    for what in sorted(set(failed)):
        print(f"# {failed.count(what)} times: {what}")
    return not failed and replies[-1] <= PROMISED_LATEST


binary, folder = sys.argv[1:3]
raise_file_limit()
settings = {"limits.exempt": "", "limits.connections": min(int(os.environ.get("SEATS", "3000")), 10000)}
print("attack\tconnections\tserved\tfailed\tp50_ms\tp99_ms\tlatest_ms\trss_kb")
with maildrop(binary, folder, name="siege", settings=settings) as server:
    good = measure(server, "none")
    attack = Attack(server.port)
    attack.daemon = True  # ends with this process
    attack.start()
    if not attack.ready.wait(60):
        raise SystemExit("the attack did not get ready")
    good = measure(server, "siege") and good
    attack.over.set()
    print("# the flood: {} connections, {} refused, {} messages taken".format(*attack.told.get(timeout=30)))
    attack.join()
sys.exit(0 if good else 1)

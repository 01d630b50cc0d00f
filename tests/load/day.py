"""day.py BINARY FOLDER: see day.sh."""
import collections
import glob
import os
import random
import selectors
import socket
import struct
import sys
import time

from servers import die_with_parent, maildrop, raise_file_limit

SESSIONS = min(int(os.environ.get("SESSIONS", "250000")), 600000)
AT_ONCE = min(int(os.environ.get("AT_ONCE", "64")), 1000)
SERVER_CPU, CLIENT_CPU = int(os.environ.get("SERVER_CPU", "0")), int(os.environ.get("CLIENT_CPU", "1"))
PRICE = float(os.environ.get("PRICE", "19"))
MONTH = 30 * 86400  # seconds
COMES_AGAIN = 3.0  # seconds, after greylisting; its delay is 1 s here
LISTED, STRANGER, HONEST, AGAIN = "listed", "stranger", "honest, first time", "honest, again"
LIST = b"\4list\7example\3net"
TEST_ENTRY = b"\x012\x010\x010\x03127" + LIST
ENDS = {LISTED: b"5", STRANGER: b"4", HONEST: b"4", AGAIN: b"2"}  # the last reply


def dns_server(sock):
    """Whoever is in 20.0.0.0/8 is in the list, and its test entry (RFC 5782 5); nothing else is there."""
    os.sched_setaffinity(0, {CLIENT_CPU})
    listed = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\x7f\0\0\2"
    while True:
        query, peer = sock.recvfrom(4096)
        end = query.index(b"\0", 12) + 5
        name = query[12:end - 5].lower()
        found = query[end - 3] == 1 and name.endswith(LIST) and (name.endswith(b"\x0220" + LIST) or name == TEST_ENTRY)
        head = struct.pack(">HHHHH", 0x8180 if found else 0x8183, 1, int(found), 0, 0)
        sock.sendto(query[:2] + head + query[12:end] + (listed if found else b""), peer)


def start_dns():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind(("127.0.0.1", 0))
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        dns_server(sock)
    return pid, sock.getsockname()[1]


def texts():
    """Mail of words, of 1 to 20 KB, 5 KB in the mean."""
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 11))) for _ in range(3000)]
    found = []
    for _ in range(200):
        size, lines = min(20000, max(1000, int(random.expovariate(1 / 5000)))), []
        while size > 0:
            lines.append(" ".join(random.choices(words, k=9)))
            size -= len(lines[-1]) + 2
        found.append("\r\n".join(lines).encode())
    return found


def address(network, number):
    return f"{network}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def plan():
    """(kind, client, number) of each session, in their order; honest ones come again later, so not here."""
    listed = [(LISTED, address(20, random.randrange(SESSIONS // 5)), n) for n in range(SESSIONS * 7 // 10)]
    # Greylisting knows a network (a /24): each of these has one of its own.
    strangers = [(STRANGER, address(11, n << 8), n) for n in range(SESSIONS // 10)]
    honest = [(HONEST, address(12, n << 8), n) for n in range(SESSIONS // 10)]
    sessions = listed + strangers + honest
    random.shuffle(sessions)
    return collections.deque(sessions)


class Session:
    """Speaks when it is its turn. What it says next depends on how it was answered, as with any client."""

    def __init__(self, port, kind, client, number):
        self.kind, self.client, self.number = kind, client, number
        self.last = b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", port))
        self.socket.send(f"PROXY TCP4 {client} 192.0.2.25 40000 25\r\n".encode())
        host = f"mail.{number}.example.net"
        text = TEXTS[number % len(TEXTS)]
        self.says = [f"EHLO {host}\r\n".encode(), f"MAIL FROM:<sender{number}@{host}>\r\n".encode(),
                     f"RCPT TO:<box{number % 20000}@example.test>\r\n".encode(), b"DATA\r\n",
                     f"From: sender{number}@{host}\r\nTo: box@example.test\r\nSubject: {number}\r\n"
                     f"Message-ID: <{number}@{host}>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\n".encode() + text + b"\r\n.\r\n"]

    def turn(self):
        """A reply is there. False: the session is over."""
        got = self.socket.recv(4096)
        lines = got.splitlines()
        if not lines:
            return False
        last = lines[-1]
        if last[3:4] == b"-" or not got.endswith(b"\n"):
            return True  # there is more of it
        if last[:1] in b"45" or not self.says:
            if last[:3] != b"421" and last[:3] != b"221":
                self.last = last
                self.says = []
                self.socket.send(b"QUIT\r\n")
                return True
            self.last = self.last or last
            return False
        self.socket.send(self.says.pop(0))
        return True


def run(port):
    """What came of the sessions: how many of each kind ended with which reply."""
    todo, later, ends = plan(), collections.deque(), collections.Counter()
    selector, running = selectors.DefaultSelector(), 0
    while todo or later or running:
        while running < AT_ONCE and (todo or (later and later[0][0] <= time.monotonic())):
            again = later and later[0][0] <= time.monotonic()
            session = Session(port, *(later.popleft()[1:] if again else todo.popleft()))
            selector.register(session.socket, selectors.EVENT_READ, session)
            running += 1
        for key, _ in selector.select(0.1):
            session = key.data
            try:
                if session.turn():
                    continue
            except ConnectionError:
                session.last = session.last or b"reset"
            selector.unregister(session.socket)
            session.socket.close()
            running -= 1
            ends[session.kind, session.last[:3].decode()] += 1
            if session.kind == HONEST:
                later.append((time.monotonic() + COMES_AGAIN, AGAIN, session.client, session.number))
    return ends


binary, folder = sys.argv[1:3]
raise_file_limit()
os.sched_setaffinity(0, {CLIENT_CPU})
random.seed(1)
TEXTS = texts()
dns, dns_port = start_dns()
log = f"{folder}/log/maildrop.log"
os.mkdir(f"{folder}/log")
open(log, "w", encoding="utf-8").close()
settings = {"proxy.networks": "127.0.0.1", "flood.tarpit": "0s",
            "flood.greet_pause": "0s", "dns.servers": f"127.0.0.1:{dns_port}", "filter.dnsbl.mode": "enforce",
            "filter.dnsbl.lists": "list.example.net", "filter.greylist.mode": "enforce", "filter.greylist.delay": "1s",
            "store.max_size": 4 << 30, "log.file": log}
with maildrop(binary, folder, command="serve", cpu=SERVER_CPU, settings=settings, in_file=log) as server:
    idle_cpu, begun = server.cpu_us(), time.monotonic()
    ends = run(server.port)
    seconds, cpu = time.monotonic() - begun, (server.cpu_us() - idle_cpu) / 1e6
    rss = server.status_kb("VmHWM") / 1024
    sizes = {os.path.basename(name): os.path.getsize(name) for name in glob.glob(f"{folder}/maildrop.db*")}
    logged = sum(os.path.getsize(name) for name in glob.glob(f"{log}*"))
os.kill(dns, 15)
total = sum(ends.values())
print("\n".join(f"{count}\t{kind}\t{reply}" for (kind, reply), count in sorted(ends.items())))
print(f"{total} sessions in {seconds:.1f} s of {cpu:.1f} s of CPU: {total / seconds:.0f}/s, {cpu / total * 1e6:.0f} us each")
print(f"peak memory {rss:.1f} MiB, the store {sum(sizes.values()) / 2**20:.1f} MiB, the log {logged / 2**20:.1f} MiB")
million = cpu / total * 1e6
print(f"a million take {million:.0f} s of CPU; half of two cores are {MONTH:.0f} s of it a month, or {MONTH / million:.0f} million")
print(f"so a machine of {PRICE:.0f} dollars a month takes a million for {PRICE * million / MONTH:.3f} dollars")
wrong = sum(count for (kind, reply), count in ends.items() if not reply.encode().startswith(ENDS[kind]))
sys.exit(1 if wrong else 0)

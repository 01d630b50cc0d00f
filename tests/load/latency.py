"""latency.py BINARY FOLDER: see latency.sh."""
import collections
import gc
import os
import select
import socket
import statistics
import sys
import time

from servers import maildrop, raise_file_limit, running

RATES = [min(int(rate), 2000) for rate in os.environ.get("RATES", "100 400").split()]
SECONDS = min(float(os.environ.get("SECONDS_EACH", "8")), 60)
LENGTH = min(int(os.environ.get("LENGTH", "10240")), 1 << 20)
ROUNDS = min(int(os.environ.get("ROUNDS", "3")), 50)
SERVER_CPU, CLIENT_CPU = int(os.environ.get("SERVER_CPU", "0")), int(os.environ.get("CLIENT_CPU", "1"))
WARM_UP = 8000  # messages
MOST = 1000     # connections at once
LINE = b"A line of a message that somebody wants to read, of some length.\r\n"
MESSAGE = b"Subject: latency\r\n\r\n" + LINE * (LENGTH // len(LINE)) + b".\r\n"
# Pipelined, as Postfix does: what is sent, and the codes that answer it.
DIALOG = ((b"", [b"220"]), (b"EHLO client.test\r\n", [b"250"]),
          (b"MAIL FROM:<a@client.test>\r\nRCPT TO:<inbox%d@example.test>\r\nDATA\r\n", [b"250", b"250", b"354"]),
          (MESSAGE, [b"250"]))


class Delivery:
    """One connection; its socket reads are what drives it."""

    def __init__(self, port, number, due):
        self.due, self.number, self.at, self.replies = due, number, 0, b""
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect_ex(("127.0.0.1", port))

    def go_on(self):
        """True while there is more to come; OSError when it went wrong."""
        more = self.sock.recv(4096)
        self.replies += more
        codes = [line[:3] for line in self.replies.splitlines(True) if line.endswith(b"\n") and line[3:4] != b"-"]
        wanted = DIALOG[self.at][1]
        if not more or codes != wanted[:len(codes)]:
            raise ConnectionError(f"wanted {wanted}, got {self.replies}")
        if len(codes) < len(wanted):
            return True
        self.at, self.replies = self.at + 1, b""
        if self.at == len(DIALOG):
            self.sock.sendall(b"QUIT\r\n")
            return False
        command = DIALOG[self.at][0]
        self.sock.sendall(command % self.number if self.at == 2 else command)
        return True


def flow(port, rate, count):
    """Seconds of each delivery from when it was due, those that failed left out."""
    poll, under_way, took, number = select.epoll(), {}, [], 0
    begun = time.monotonic()
    while number < count or under_way:
        now = time.monotonic()
        while number < count and begun + number / rate <= now and len(under_way) < MOST:
            new = Delivery(port, number, begun + number / rate)
            under_way[new.sock.fileno()] = new
            poll.register(new.sock.fileno(), select.EPOLLIN)
            number += 1
        wait = begun + number / rate - now if number < count and len(under_way) < MOST else 20
        ready = poll.poll(max(0.0, wait))
        if not ready and wait == 20:
            raise SystemExit(f"{len(under_way)} deliveries hang")
        for fd, _ in ready:
            each = under_way[fd]
            try:
                if each.go_on():
                    continue
                took.append(time.monotonic() - each.due)
            except OSError as error:
                print(f"# {error}", flush=True)
            each.sock.close()
            del under_way[fd]
    return took


def measure(server, rate, p99):
    count = int(rate * SECONDS)
    begun, cpu = time.monotonic(), time.process_time()
    took = sorted(flow(server.port, rate, count))
    if not took:
        raise SystemExit(f"{server.label}: no delivery succeeded")
    lasted = time.monotonic() - begun
    client = (time.process_time() - cpu) / count * 1e6
    at = [took[min(len(took) - 1, int(len(took) * part))] * 1e3 for part in (0.5, 0.9, 0.99, 0.999)]
    p99[rate, server.label].append(at[2])
    print(f"{server.label}\t{rate}\t{count}\t{count - len(took)}\t{count / lasted:.0f}\t" +
          "\t".join(f"{ms:.2f}" for ms in at) + f"\t{took[-1] * 1e3:.2f}\t{client:.0f}", flush=True)


def main(binary, folder):
    gc.disable()  # no pauses of ours in what others are measured by
    raise_file_limit()
    p99 = collections.defaultdict(list)
    with maildrop(binary, folder, cpu=SERVER_CPU, settings={"limits.exempt": "127.0.0.0/8"}) as ours:
        os.sched_setaffinity(0, {CLIENT_CPU})
        servers = [ours] + running()
        for server in servers:
            flow(server.port, 400, WARM_UP if server is not ours else 400)
        print("label\trate\tmessages\tfailed\tmessages_per_s\tp50_ms\tp90_ms\tp99_ms\tp999_ms\tmax_ms\tclient_us_per_message", flush=True)
        for rep in range(ROUNDS):
            for rate in RATES:
                for server in servers if rep % 2 else reversed(servers):
                    measure(server, rate, p99)
    for (rate, label), found in p99.items():
        if label != "maildrop":
            own, other = statistics.median(p99[rate, "maildrop"]), statistics.median(found)
            print(f"# {rate} a second: p99 {own:.1f} ms, {label} {other:.1f} ms, ratio {own / other:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])

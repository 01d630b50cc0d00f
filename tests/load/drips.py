"""drips.py BINARY FOLDER: see drips.sh."""
import os
import signal
import smtplib
import socket
import statistics
import sys
import time

from servers import die_with_parent, maildrop, raise_file_limit

DRIPS = min(int(os.environ.get("DRIPS", "512")), 20000)
DRIP_MS = max(float(os.environ.get("DRIP_MS", "250")), 1)
GETS = min(int(os.environ.get("GETS", "2000")), 100000)
ROUNDS = min(int(os.environ.get("ROUNDS", "3")), 50)
SERVER_CPU, CLIENT_CPU = int(os.environ.get("SERVER_CPU", "0")), int(os.environ.get("CLIENT_CPU", "1"))
PROMISED_MS = 50  # p99 of an honest GET
REQUEST = b"GET /api/v3/mailboxes/box HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"GET /api/v3/mailboxes/box HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 7000


def drip(port, count):
    """For ever, a byte of one connection after the other; those that are refused come again. Each has come as far as it
    has: they began at different times."""
    open_ones = [None] * count
    begun = time.monotonic()
    for number in range(1 << 60):
        which = number % count
        time.sleep(max(0.0, begun + number * DRIP_MS / 1000 / count - time.monotonic()))
        try:
            if open_ones[which] is None:
                open_ones[which] = socket.create_connection(("127.0.0.1", port), 10), 0
            client, at = open_ones[which]
            client.send(HEAD[at:at + 1])
            open_ones[which] = client, at + 1
        except OSError:
            open_ones[which][0].close()
            open_ones[which] = None


def dripping(port, count):
    """The process that does."""
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        drip(port, count)
    return pid


def get(client):
    client.sendall(REQUEST)
    got = b""
    while b"\r\n\r\n" not in got or len(got) < got.index(b"\r\n\r\n") + 4 + int(got.split(b"Content-Length: ")[1].split(b"\r\n")[0]):
        more = client.recv(65536)
        if not more:
            raise SystemExit(f"the server hung up: {got}")
        got += more
    if not got.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"an honest GET was refused: {got}")


def timed(port, fresh):
    """Milliseconds of each GET, one every two."""
    took, kept = [], None if fresh else socket.create_connection(("127.0.0.1", port), 10)
    for _ in range(GETS):
        start = time.monotonic()
        client = kept or socket.create_connection(("127.0.0.1", port), 10)
        get(client)
        took.append((time.monotonic() - start) * 1000)
        if fresh:
            client.close()
        time.sleep(0.002)
    return took


def quantiles(times):
    times = sorted(times)
    return statistics.median(times), times[len(times) * 99 // 100], times[-1]


def main(binary, folder):
    raise_file_limit()
    store = {"store.url": f"sqlite:{folder}/mail.db"}
    room = {"api.connections": DRIPS + 1000, "api.connections_per_source": DRIPS + 1000}
    with maildrop(binary, folder, settings=store) as writer, \
            maildrop(binary, folder, "serve-api", SERVER_CPU, store | room, "api") as reader:
        smtp = smtplib.SMTP("127.0.0.1", writer.port, "client.example.test")
        for number in range(10):
            smtp.sendmail("a@example.test", ["box@example.test"], f"Subject: mail {number}\r\n\r\nbody\r\n")
        os.sched_setaffinity(0, {CLIENT_CPU})
        timed(reader.port, False)  # warms up
        worst = {}
        print("drips\tconnection\tp50_ms\tp99_ms\tmax_ms", flush=True)
        for drips in [0, DRIPS] * ROUNDS:
            dripper = dripping(reader.port, drips) if drips else None
            time.sleep(2 * DRIP_MS / 1000)  # all have come
            try:
                for fresh in (False, True):
                    p50, p99, most = quantiles(timed(reader.port, fresh))
                    worst.setdefault((drips, fresh), []).append(p99)
                    print(f"{drips}\t{'fresh' if fresh else 'kept'}\t{p50:.2f}\t{p99:.2f}\t{most:.2f}", flush=True)
            finally:
                if dripper:
                    os.kill(dripper, signal.SIGKILL)
                    os.waitpid(dripper, 0)
        for (drips, fresh), found in worst.items():
            print(f"# {drips} drips, {'fresh connections' if fresh else 'a kept connection'}: p99 {statistics.median(found):.2f} ms")
        slowest = max(value for (drips, _), found in worst.items() if drips for value in found)
        print(f"# p99 beside {DRIPS} drips under {PROMISED_MS} ms: {'yes' if slowest < PROMISED_MS else 'NO'}"
              f"; {reader.status_kb('VmRSS') / 1024:.1f} MiB")


main(*sys.argv[1:3])

"""streams.py BINARY FOLDER: see streams.sh."""
import http.client
import os
import smtplib
import socket
import statistics
import sys
import time

from servers import maildrop, raise_file_limit

STREAMS = min(int(os.environ.get("STREAMS", "2000")), 20000)
GETS, MAILS = 1000, 200
PROMISED_KB, PROMISED_MS = 40 * 1024, 10  # memory for 2,000; from 250 to the event, p50
BODY = "Subject: news\r\n\r\nbody\r\n"


def open_streams(port, count):
    """Sockets that have read the first piece."""
    streams = []
    for number in range(count):
        sock = socket.create_connection(("127.0.0.1", port), 10)
        sock.sendall(b"GET /api/v3/mailboxes/box%d/events HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
        streams.append(sock)
    for sock in streams:
        seen = b""
        while b"retry: 3000\n\n" not in seen:
            more = sock.recv(4096)
            if not more or b" 200 " not in seen[:20] + more[:20]:
                raise SystemExit(f"a stream was refused: {seen}")
            seen += more
    return streams


def get_times(port, mail):
    """Milliseconds of each GET, with a message to another inbox before each fifth."""
    api, took = http.client.HTTPConnection("127.0.0.1", port, timeout=10), []
    for number in range(GETS):
        if number % 5 == 0:
            mail(f"other{number}")
        start = time.monotonic()
        api.request("GET", "/api/v3/mailboxes/box0")
        api.getresponse().read()
        took.append((time.monotonic() - start) * 1000)
    return took


def event_times(streams, mail):
    """Milliseconds from the 250 to the event."""
    took = []
    for number in range(MAILS):
        box = number * 7 % len(streams)
        mail(f"box{box}")
        start, seen = time.monotonic(), b""
        while b"event: message" not in seen or not seen.endswith(b"\n\n"):
            seen += streams[box].recv(65536)
        took.append((time.monotonic() - start) * 1000)
    return took


def shown(times):
    times = sorted(times)
    return f"{statistics.median(times):.2f}\t{times[len(times) * 99 // 100]:.2f}"


binary, folder = sys.argv[1:3]
raise_file_limit()
store = {"store.url": f"sqlite:{folder}/mail.db"}
settings = store | {"api.connections": STREAMS + 100, "api.connections_per_source": STREAMS + 100, "api.watchers": STREAMS * 2,  # the last sixteenth is for others
            "api.request_rate": 0, "api.inbox_rate": 0}
with maildrop(binary, folder, settings=store) as writer, maildrop(binary, folder, "serve-api", settings=settings, name="api") as reader:
    smtp = smtplib.SMTP("127.0.0.1", writer.port, "client.example.test")

    def mail(name):
        smtp.sendmail("a@example.test", [f"{name}@example.test"], BODY)

    mail("box0")
    get_times(reader.port, mail)  # warms up
    before = reader.status_kb("VmRSS")
    alone = get_times(reader.port, mail)
    streams = open_streams(reader.port, STREAMS)
    time.sleep(1)
    with_streams = reader.status_kb("VmRSS")
    beside = get_times(reader.port, mail)
    events = event_times(streams, mail)
    print("what\tp50_ms\tp99_ms")
    print(f"GET, no stream\t{shown(alone)}\nGET, {STREAMS} streams\t{shown(beside)}\nfrom 250 to the event\t{shown(events)}")
    more = with_streams - before
    print(f"# {STREAMS} streams: {more / 1024:.1f} MiB more, {more * 1024 / STREAMS:.0f} bytes each, {with_streams / 1024:.1f} MiB in all"
          f" (< 40 for 2000: {'yes' if with_streams < PROMISED_KB else 'NO'})")
    print(f"# GET with streams / without: {statistics.median(beside) / statistics.median(alone):.2f}")
    print(f"# p50 from 250 to the event under {PROMISED_MS} ms: {'yes' if statistics.median(events) < PROMISED_MS else 'NO'}")
    for sock in streams:
        sock.close()

"""idle.py BINARY FOLDER: see idle.sh."""
import os
import selectors
import socket
import struct
import sys
import time

from servers import maildrop, raise_file_limit

PROMISED_BASE, PROMISED_EACH = 24 * 1024, 8 * 1024  # KiB at rest; bytes for each connection at 2,000
AT_ONCE = 100  # connections on their way to EHLO's answer


def last_line(data):
    """The final line of a complete reply, or None."""
    lines = data.split(b"\r\n")[:-1]
    return next((line for line in lines if line[3:4] != b"-"), None)


def open_idle(port, count, seconds=60):
    """Sockets that have read EHLO's whole answer."""
    waiting, ready, started = selectors.DefaultSelector(), [], 0
    end = time.monotonic() + seconds
    while len(ready) < count and time.monotonic() < end:
        while started < count and len(waiting.get_map()) < AT_ONCE:
            sock = socket.create_connection(("127.0.0.1", port), 10)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no TIME_WAIT behind
            waiting.register(sock, selectors.EVENT_READ, {"seen": b"", "greeted": False})
            started += 1
        for key, _ in waiting.select(1):
            data = key.fileobj.recv(4096)
            key.data["seen"] += data
            line = last_line(key.data["seen"])
            if not data or (line and line[:3] not in (b"220", b"250")):
                raise SystemExit(f"connection {started} was refused: {line}")
            if line and key.data["greeted"]:
                waiting.unregister(key.fileobj)
                ready.append(key.fileobj)
            elif line:
                key.data.update(seen=b"", greeted=True)
                key.fileobj.send(b"EHLO idle.example.test\r\n")
    return ready


binary, folder = sys.argv[1:3]
raise_file_limit()
print("label\twanted\topen\trss_before_kb\trss_idle_kb\tbytes_per_connection\trss_after_kb")
for count in [int(x) for x in os.environ.get("CONNECTIONS", "2000 5000").split()]:
    with maildrop(binary, folder, name=f"idle{count}") as server:
        time.sleep(0.5)
        before = server.status_kb("VmRSS")
        sockets = open_idle(server.port, min(count, 20000))
        time.sleep(1)
        idle = server.status_kb("VmRSS")
        each = (idle - before) * 1024 / max(1, len(sockets))
        for sock in sockets:
            sock.close()
        time.sleep(1)
        print(f"maildrop\t{count}\t{len(sockets)}\t{before}\t{idle}\t{each:.0f}\t{server.status_kb('VmRSS')}", flush=True)
        print(f"# base {before / 1024:.1f} MiB (< {PROMISED_BASE // 1024}: {'yes' if before < PROMISED_BASE else 'NO'}), "
              f"{each:.0f} bytes a connection" + (f" (<= {PROMISED_EACH}: {'yes' if each <= PROMISED_EACH else 'NO'})" if count == 2000 else ""))

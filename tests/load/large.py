"""large.py BINARY FOLDER: see large.sh."""
import os
import socket
import sys
import time

from servers import maildrop

COUNT = min(int(os.environ.get("COUNT", "20")), 200)
SIZE = min(int(os.environ.get("SIZE", str(25 << 20))), 100 << 20)
PROMISED = 200  # MB for each second of server CPU
HEADER = b"Subject: large\r\n\r\n"
LINE = b"VGhpcyBpcyBhIGxpbmUgb2YgYmFzZTY0LCBhcyBhdHRhY2htZW50cyBoYXZlIHRoZW0gYWxsIG92\r\n"
MESSAGE = HEADER + LINE * ((SIZE - len(HEADER)) // len(LINE) - 50)  # and room for what is counted as its end


def expect(file, code):
    line = file.readline()
    while line[3:4] == b"-":
        line = file.readline()
    if not line.startswith(code):
        raise SystemExit(f"wanted {code.decode()}, got {line.decode().strip()}")


def send(port, way):
    with socket.create_connection(("127.0.0.1", port), 60) as sock, sock.makefile("rb") as file:
        expect(file, b"220")
        sock.sendall(b"EHLO c.example.test\r\n")
        expect(file, b"250")
        for n in range(COUNT):
            sock.sendall(f"MAIL FROM:<>\r\nRCPT TO:<large{n % 4}@example.test>\r\n".encode())
            expect(file, b"250")
            expect(file, b"250")
            if way == "DATA":
                sock.sendall(b"DATA\r\n")
                expect(file, b"354")
                sock.sendall(MESSAGE)
                sock.sendall(b".\r\n")
            else:
                sock.sendall(f"BDAT {len(MESSAGE)} LAST\r\n".encode())
                sock.sendall(MESSAGE)
            expect(file, b"250")


binary, folder = sys.argv[1:3]
settings = {"mail.max_size": SIZE, "limits.memory": 8 * SIZE, "api.memory": 48 * SIZE, "store.deadline": "20s"}
print("way\tmessages\tmb_each\tmb_per_cpu_second\tmb_per_second")
with maildrop(binary, folder, name="large", settings=settings) as server:
    for way in ("DATA", "BDAT"):
        cpu, start = server.cpu_us(), time.monotonic()
        send(server.port, way)
        cpu, wall, total = (server.cpu_us() - cpu) / 1e6, time.monotonic() - start, COUNT * len(MESSAGE) / 1e6
        print(f"{way}\t{COUNT}\t{len(MESSAGE) / 1e6:.1f}\t{total / cpu:.0f}\t{total / wall:.0f}", flush=True)
        print(f"# {way}: {total / cpu:.0f} MB/s of server CPU (> {PROMISED}: {'yes' if total / cpu > PROMISED else 'NO'})")

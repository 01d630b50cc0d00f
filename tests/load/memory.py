"""memory.py BINARY FOLDER: see memory.sh."""
import collections
import os
import selectors
import socket
import sys
import time

from servers import maildrop, raise_file_limit

CLIENTS = min(int(os.environ.get("CLIENTS", "200")), 2000)
SIZE = int(os.environ.get("SIZE", str(25 << 20)))
MEMORY = int(os.environ.get("MEMORY", str(256 << 20)))
ALLOWED = 64 << 20
PIECE = 64 * 1024
LINE = b"x" * 1022 + b"\r\n"


class Client:
    """Sends a message without its dot, as fast as the server takes it; then the dot, and hears the answer."""

    def __init__(self, port, n):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        for command in ("HELO c.example.test", "MAIL FROM:<>", f"RCPT TO:<big{n}@example.test>", "DATA"):
            self.socket.sendall(command.encode() + b"\r\n")
            self.reply = self.file.readline()
        self.left = 0
        if self.reply.startswith(b"354"):
            self.left = SIZE
            self.socket.sendall(b"Subject: large\r\n\r\n")
        self.socket.setblocking(False)

    def send(self):
        """False when there is nothing left to send."""
        piece = (LINE * (PIECE // len(LINE)))[:min(PIECE, self.left)]
        try:
            self.left -= self.socket.send(piece) if piece else 0
        except BlockingIOError:
            pass
        except OSError:
            self.left = 0
        return self.left > 0

    def end(self):
        self.socket.setblocking(True)
        self.socket.settimeout(60)
        try:
            if self.reply.startswith(b"354"):
                self.socket.sendall(b"\r\n.\r\n")
                self.reply = self.file.readline()
        except OSError as error:
            self.reply = type(error).__name__.encode()
        return self.reply[:3].decode()


binary, folder = sys.argv[1:3]
raise_file_limit()
settings = {"mail.max_size": SIZE + 4096, "limits.memory": MEMORY, "limits.data_line": "8KiB", "limits.discard_size": 2 * SIZE,
            "store.max_size": max(4 << 30, 8 * SIZE), "api.memory": max(64 << 20, 64 * SIZE + (1 << 20))}
with maildrop(binary, folder, settings=settings) as server:
    base = server.status_kb("VmRSS")
    clients = [Client(server.port, n) for n in range(CLIENTS)]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_WRITE, client)
    end = time.monotonic() + 300
    while selector.get_map() and time.monotonic() < end:
        for key, _ in selector.select(1):
            if not key.data.send():
                selector.unregister(key.fileobj)
    answers = collections.Counter(client.end() for client in clients)
    peak = server.status_kb("VmHWM")
    time.sleep(2)
    after = server.status_kb("VmRSS")
over = peak - base - MEMORY // 1024
print(f"{CLIENTS} clients with {SIZE} bytes each, limits.memory = {MEMORY}")
print("answers: " + ", ".join(f"{count} x {code}" for code, count in sorted(answers.items())))
print(f"base {base} kB, peak {peak} kB, two seconds later {after} kB")
print(f"peak - base - limits.memory = {over} kB (<= {ALLOWED // 1024}: {'yes' if over <= ALLOWED // 1024 else 'NO'})")

"""smtp.py: an SMTP client that does exactly what it is told, wrong things included."""
import collections
import os
import re
import socket
import ssl

Reply = collections.namedtuple("Reply", "code lines")  # code 0: the connection is closed


def stuff(data):
    """The message as it goes over the wire: dots doubled, and the final dot. `data` ends in CRLF."""
    return re.sub(rb"^\.|(?<=\r\n)\.", b"..", data) + b".\r\n"


def crlf(data):
    """A message from a file: lines end in CRLF, and the last one too."""
    data = re.sub(rb"(?<!\r)\n", b"\r\n", data)
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def noise(lines, width=98):
    """Text that takes as much when it is kept as when it comes."""
    rest = os.urandom(lines * width).translate(bytes(0x80 | i for i in range(256)))
    return b"".join(rest[i:i + width] + b"\r\n" for i in range(0, len(rest), width))


class Client:
    """`address` is `127.0.0.1:25`, `[::1]:25` or `unix:/path`."""

    def __init__(self, address, timeout=20, banner=True):
        if address.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(timeout)
            self.sock.connect(address[5:])
        else:
            host, port = address.rsplit(":", 1)
            self.sock = socket.create_connection((host.strip("[]"), int(port)), timeout)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.banner = self.reply() if banner else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def start_tls(self, server_name=None, context=None):
        """The handshake: behind STARTTLS, or first of all. Nothing is verified. Returns the socket."""
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock, server_hostname=server_name)
        return self.sock

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        """The next line without CRLF; None when the server has hung up."""
        while b"\r\n" not in self.buffer:
            try:
                more = self.sock.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "replace")

    def reply(self):
        lines = []
        while True:
            line = self.line()
            if line is None:
                return Reply(0, lines)
            lines.append(line)
            if line[3:4] != "-":
                return Reply(int(line[:3]), lines)

    def cmd(self, text):
        if isinstance(text, str):
            text = text.encode()
        try:
            self.send(text + b"\r\n")
        except ConnectionError:
            return Reply(0, [])
        return self.reply()

    def closed(self):
        """True when the server hangs up (within the timeout) without another line."""
        return self.line() is None

    def begin(self, recipients, sender="sender@example.test", parameters=""):
        """From EHLO to 354; the first reply that refuses, or the last."""
        commands = ["EHLO client.example.test", f"MAIL FROM:<{sender}>{parameters}"]
        for command in commands + [f"RCPT TO:<{r}>" for r in recipients] + ["DATA"]:
            reply = self.cmd(command)
            if reply.code not in (250, 251, 354):
                return reply
        return reply

    def deliver(self, recipients, data, **envelope):
        """A whole transaction; `data` ends in CRLF. The reply to the final dot, or the refusal before it."""
        reply = self.begin(recipients, **envelope)
        if reply.code != 354:
            return reply
        self.send(stuff(data))
        return self.reply()


def deliver(address, recipients, data, **envelope):
    with Client(address) as client:
        return client.deliver(recipients, data, **envelope)


def be_counted(address, stored, refused):
    """So many messages for bob, a session each, and one session with so many recipients of a domain that is not ours."""
    for _ in range(stored):
        deliver(address, ["bob@example.test"], b"Subject: counted\r\n\r\nbody\r\n")
    with Client(address) as client:
        client.cmd("EHLO client.example.test")
        client.cmd("MAIL FROM:<a@example.org>")
        for _ in range(refused):
            client.cmd("RCPT TO:<a@elsewhere.example>")
        client.cmd("QUIT")

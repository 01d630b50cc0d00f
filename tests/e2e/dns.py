"""dns.py: a DNS server on loopback that says what a test wants it to say (RFC 1035 4)."""
import socket
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
SERVFAIL, NXDOMAIN = 2, 3


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def data(kind, value):
    """Of a record: an address, a name, `10 host`, or the text of a TXT."""
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        preference, host = value.split(" ")
        return struct.pack(">H", int(preference)) + wire(host)
    if kind == "TXT":
        text = value if isinstance(value, bytes) else value.encode()
        return b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255] for i in range(0, len(text), 255) or [0])
    return wire(value)


class Dns:
    """`zone`: {(name, type): [values] | a code | None}. What is not there is NXDOMAIN, and None is silence; `silent`: it never answers. May be changed
    at any time. UDP alone."""

    def __init__(self, zone, ttl=300):
        self.zone, self.ttl, self.asked, self.silent = zone, ttl, [], False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            reply = self.reply(query)
            if reply and not self.silent:
                self.sock.sendto(reply, peer)

    def reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += query[at] + 1
        name, question = ".".join(labels), query[12:at + 5]
        kind = next((k for k, v in TYPES.items() if v == struct.unpack(">H", query[at + 1:at + 3])[0]), "?")
        self.asked.append((name, kind))
        known = any(each == name for each, _ in self.zone)
        found = self.zone.get((name, kind), [] if known else NXDOMAIN)
        if found is None:
            return None
        code, values = (found, []) if isinstance(found, int) else (0, found)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", TYPES[kind], 1, self.ttl, len(data(kind, v))) + data(kind, v) for v in values)
        return query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(values), 0, 0) + question + records

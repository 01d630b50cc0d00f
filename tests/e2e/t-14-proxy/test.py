"""PROXY headers over real sockets: 127.0.0.1 is a balancer, 127.0.0.2 is not."""
import re
import socket
import struct
import time

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client

MESSAGE = b"Subject: through a balancer\r\n\r\nbody\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V1 = b"PROXY TCP4 198.51.100.7 192.0.2.1 25000 25\r\n"
BASE = {"proxy.networks": "127.0.0.1", "limits.exempt": "", "smtp.listen_tls": "127.0.0.1:0", "tls.self_signed": "true"}


def v2(command, family, payload):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(payload)) + payload


def tcp4(address, more=b""):
    return v2(0x21, 0x11, socket.inet_aton(address) + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 25000, 25) + more)


def tlv(kind, value):
    return bytes([kind]) + struct.pack(">H", len(value)) + value


class Balanced(Client):
    """A client whose balancer says `header` first, in pieces of `piece` bytes."""

    def __init__(self, address, header, piece=None, banner=True, timeout=10):
        super().__init__(address, timeout, banner=False)
        for at in range(0, len(header), piece or len(header) or 1):
            self.send(header[at:at + (piece or len(header))])
            if piece:
                time.sleep(0.002)
        self.banner = self.reply() if banner else None


def from_another_address(address, says):
    """What a server answers to bytes from 127.0.0.2, until it closes."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 10, ("127.0.0.2", 0)) as raw:
        raw.sendall(says)
        answer = b""
        try:
            while more := raw.recv(4096):
                answer += more
        except ConnectionError:
            pass
        return answer


def newest(api, inbox):
    return api.messages(inbox)[0]


def metric(api, name):
    _, _, text = api.get("/metrics")
    found = re.search(rb"^" + re.escape(name.encode()) + rb" (\S+)$", text, re.M)
    return int(float(found.group(1))) if found else 0


with Daemon(BASE) as daemon, Api(daemon.api) as api:
    for name, header, peer in [("version 1", V1, "198.51.100.7"),
                               ("version 1, IPv6", b"PROXY TCP6 2001:db8::7 ::1 25000 25\r\n", "2001:db8::7"),
                               ("version 2", tcp4("198.51.100.8", tlv(0x04, b"pad")), "198.51.100.8")]:
        for piece in (None, 1):
            with Balanced(daemon.smtp, header, piece) as client:
                same(f"{name}: mail comes in", client.deliver(["bob@example.test"], MESSAGE).code, 250)
            same(f"{name}: from the client", newest(api, "bob")["peer"], peer)
    check("and its Received says so", f"([{peer}])" in api.raw("bob", newest(api, "bob")["id"]).decode())

    with Balanced(daemon.smtp, V1 + b"EHLO early.test\r\n") as client:
        same("what came behind the header in the same packet is the client's", client.reply().code, 250)
    with Balanced(daemon.smtp, tcp4("198.51.100.9", tlv(0x20, b"\x01\0\0\0\0" + tlv(0x21, b"TLSv1.3") + tlv(0x23, b"TLS_AES_128_GCM_SHA256")))) as client:
        check("a client that had TLS up to the balancer is offered none", not any("STARTTLS" in l for l in client.cmd("EHLO c.test").lines))
        client.deliver(["carol@example.test"], MESSAGE)
    same("and its message tells", newest(api, "carol")["tls"], "TLSv1.3 TLS_AES_128_GCM_SHA256")
    with Balanced(daemon.smtp_tls, V1, banner=False) as client:
        client.start_tls()
        same("the header comes before TLS", client.reply().code, 220)

    sessions = metric(api, "maildrop_smtp_sessions_total")
    for name, header in [("UNKNOWN", b"PROXY UNKNOWN\r\n"), ("LOCAL", v2(0x20, 0, b"")), ("LOCAL with addresses", v2(0x20, 0x11, b"x" * 12))]:
        with Balanced(daemon.smtp, header) as client:
            same(f"{name} is greeted", (client.banner.code, client.cmd("QUIT").code), (220, 221))
    same("health checks are no sessions", metric(api, "maildrop_smtp_sessions_total"), sessions)
    same("but counted", metric(api, 'maildrop_smtp_proxy_headers_total{result="health_check"}'), 3)

    for name, header in [("an empty payload for IPv6", v2(0x21, 0x21, b"")), ("version 3", v2(0x31, 0x11, b"x" * 12)),
                         ("64 KiB to come", SIGNATURE + b"\x21\x11\xff\xff"), ("a name for an address", b"PROXY TCP4 localhost ::1 1 2\r\n"),
                         ("108 bytes", b"PROXY UNKNOWN " + b"x" * 94), ("a wrong checksum", tcp4("192.0.2.9", tlv(3, b"abcd"))),
                         ("something else", b"EHLO client.test\r\n")]:
        with Balanced(daemon.smtp, header) as client:
            same(f"{name}: 421 and a close", (client.banner.code, client.line()), (421, None))
    check("which the log tells", daemon.wait_for(r"warning proxy session=\w+ peer=127.0.0.1 result=refused error=", 5))

    with Balanced(daemon.smtp, V1) as client:
        same("a second header behind the greeting is refused", client.cmd(V1.strip()).code, 500)
        check("and closed", client.line() is None)
    with Balanced(daemon.smtp, V1) as client:
        client.begin(["dave@example.test"])
        client.send(V1 + b"\r\nbody\r\n.\r\n")
        same("in a message it is text", client.reply().code, 250)
    check("as it was sent", api.raw("dave", newest(api, "dave")["id"]).endswith(V1 + b"\r\nbody\r\n"))
    for header in (V1, tcp4("127.0.0.1")):
        answer = from_another_address(daemon.smtp, header)
        check("from others a header is no identity", re.match(rb"220 .*\r\n(500 .*\r\n)+\Z", answer), answer)
    daemon.stop()

with Daemon({**BASE, "limits.connections_per_ipv4": 2, "proxy.timeout": "1s"}) as daemon:
    seats = [Balanced(daemon.smtp, V1) for _ in range(2)]
    with Balanced(daemon.smtp, V1) as third:
        same("caps count clients, not balancers: the third of one is refused", third.banner.code, 421)
    with Balanced(daemon.smtp, tcp4("198.51.100.8")) as other:
        same("another is not", other.banner.code, 220)
    for seat in seats:
        seat.close()

    def seated():
        with Balanced(daemon.smtp, V1) as again:
            return again.banner.code == 220
    check("seats come free", until(seated))
    with Balanced(daemon.smtp, b"", timeout=20) as silent:
        same("no header in proxy.timeout: 421", silent.banner.code, 421)
    with Balanced(daemon.smtp, V1[:20], timeout=20) as half:
        same("half a header neither", half.banner.code, 421)
    with Balanced(daemon.smtp, V1[:20], banner=False) as half:
        half.sock.shutdown(socket.SHUT_WR)
        check("half a header and the end: closed", half.line() is None)
    waiting = Balanced(daemon.smtp, b"", banner=False)
    daemon.stop()  # does not wait for it

with Daemon({**BASE, "proxy.timeout": "1s", "proxy.on_missing": "direct"}) as daemon, Api(daemon.api) as api:
    with Balanced(daemon.smtp, b"", timeout=20) as client:
        same("proxy.on_missing = direct greets who says nothing", client.banner.code, 220)
        client.deliver(["erin@example.test"], MESSAGE)
    same("as itself", newest(api, "erin")["peer"], "127.0.0.1")
    with Balanced(daemon.smtp, b"EHLO client.test\r\n") as client:
        same("and who says something else, which is not lost", (client.banner.code, client.reply().code), (220, 250))
    with Balanced(daemon.smtp, v2(0x21, 0x21, b"")) as client:
        same("a wrong header is refused all the same", client.banner.code, 421)
    daemon.stop()

UNIX = f"unix:{WORK}/smtp.sock"
LOCAL = {**BASE, "proxy.networks": "", "smtp.listen": f"127.0.0.1:0,{UNIX}"}
with Daemon({**LOCAL, "limits.connections_per_ipv4": 1}) as daemon:
    with Balanced(UNIX, V1) as client:
        same("over a unix socket no header is expected: a greeting", client.banner.code, 220)
        same("and an error behind it", client.reply().code, 500)
    daemon.stop()
with Daemon({**LOCAL, "proxy.unix_sockets": "true", "proxy.timeout": "1s", "limits.connections_per_ipv4": 1}) as daemon, Api(daemon.api) as api:
    with Balanced(UNIX, V1, 1) as client:
        same("proxy.unix_sockets: mail comes in", client.deliver(["frank@example.test"], MESSAGE).code, 250)
        same("from the client", newest(api, "frank")["peer"], "198.51.100.7")
        with Balanced(UNIX, V1) as second:
            same("who is counted as others are", second.banner.code, 421)
    with Balanced(UNIX, v2(0x21, 0x31, b"\0" * 216)) as client:
        same("who is local to the balancer is to us", client.deliver(["grace@example.test"], MESSAGE).code, 250)
        with Balanced(UNIX, v2(0x20, 0, b"")) as check_of_health:
            same("a health check", check_of_health.banner.code, 220)
    with Balanced(UNIX, b"", timeout=20) as silent:
        same("no header in proxy.timeout: 421", silent.banner.code, 421)
    with Client(daemon.smtp) as client:
        same("TCP is not asked for one", client.banner.code, 220)
    daemon.stop()
finish()

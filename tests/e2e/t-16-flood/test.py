"""Sources are addresses of 127.0.0.0/8, of which none is exempt here."""
import re
import socket
import time

from redis import Redis
from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client, stuff

MESSAGE = b"Subject: one of many\r\n\r\nbody\r\n"
# Nobody is judged: what the DNS is asked would take its time where there is none.
BASE = {"limits.exempt": "", "service.loops": 2,
        **{f"filter.{name}.mode": "off" for name in ("fcrdns", "dnsbl", "helo", "sender_domain")}}


class From(Client):
    """A client at `source`."""

    def __init__(self, address, source, timeout=10, banner=True):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), timeout, (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.banner = self.reply() if banner else None


def refused(api, reason):
    _, _, text = api.get("/metrics")
    found = re.search(rb'^maildrop_smtp_refused_total\{reason="' + reason.encode() + rb'"\} (\S+)$', text, re.M)
    return int(float(found.group(1))) if found else 0


def greeted(daemon, source):
    with From(daemon.smtp, source) as client:
        return client.banner.code, client.banner.lines[0]


# Ended when the rest is over: it takes two windows of min_data_rate, 10 s each while three of four seats are taken.
silent = Daemon({**BASE, "limits.connections": 4, "smtp.stress_timeout": "5m", "store.url": f"sqlite:{WORK}/silent.db"})
MUCH = b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * 200
by_data, by_chunk, idle = (From(silent.smtp, f"127.6.1.{n}") for n in (1, 2, 3))
by_data.begin(["bob@example.test"])
by_data.send(MUCH)
for command in ("EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<bob@example.test>"):
    by_chunk.cmd(command)
by_chunk.send(f"BDAT {len(MUCH)}\r\n".encode() + MUCH)
same("a chunk is taken", by_chunk.reply().code, 250)

RATES = {"flood.connection_rate": 20, "flood.message_rate": 5, "flood.recipient_rate": 8, "flood.error_rate": 10,
         "flood.network_factor": 2, "flood.greet_pause": "0", "flood.tarpit": "0"}
with Daemon({**BASE, **RATES}) as daemon, Api(daemon.api) as api:
    codes = [greeted(daemon, "127.1.1.1")[0] for _ in range(25)]
    same("a source has so many connections a minute", (codes[:20], codes[21:]), ([220] * 20, [421] * 4))
    same("its neighbour has its own", greeted(daemon, "127.1.1.2")[0], 220)
    more = [greeted(daemon, "127.1.1.2")[0] for _ in range(18)] + [greeted(daemon, "127.1.1.3")[0] for _ in range(12)]
    check("up to what their network has", 18 <= more.count(220) <= 26 and 421 in more, more)  # some come back meanwhile
    same("another network has all", greeted(daemon, "127.1.2.1")[0], 220)
    check("which is counted by reason", refused(api, "connection_rate") >= 10)

    with From(daemon.smtp, "127.2.1.1") as client:
        codes = [client.deliver(["bob@example.test"], MESSAGE).code if n < 5 else client.cmd("MAIL FROM:<a@b.test>").code for n in range(7)]
        check("so many messages, then 450 at MAIL", codes[:5] == [250] * 5 and 450 in codes[5:], codes)
    with From(daemon.smtp, "127.2.2.1") as client:
        client.cmd("EHLO a.test")
        client.cmd("MAIL FROM:<a@b.test>")
        codes = [client.cmd(f"RCPT TO:<u{n}@example.test>").code for n in range(10)]
        check("so many recipients, then 450 at RCPT", codes[:8] == [250] * 8 and codes[9] == 450, codes)
        client.cmd("DATA")
        client.send(stuff(MESSAGE))
        same("and those before get the message", client.reply().code, 250)
    with From(daemon.smtp, "127.2.3.1") as client:
        client.cmd("EHLO a.test")
        codes = [client.cmd("RCPT").code for _ in range(12)]
        check("so many errors, then 421", codes[:10] == [503] * 10 and 421 in [*codes, client.reply().code], codes)
    code, line = greeted(daemon, "127.2.3.1")
    check("and no greeting", code == 421 and "too many errors" in line, line)
    same("for others there is one", greeted(daemon, "127.2.4.1")[0], 220)

    def phase(name):
        _, _, text = api.get("/metrics")
        return int(float(re.search(rb'^maildrop_smtp_phases_total\{phase="' + name + rb'"\} (\S+)$', text, re.M).group(1)))
    check("and how far sessions came is counted", until(lambda: (phase(b"message"), phase(b"rcpt")) == (6, 13)), (phase(b"message"), phase(b"rcpt")))
    daemon.stop()

SHARED = {**BASE, "flood.shared": "true", "flood.message_rate": 40, "flood.tarpit": "0"}


def messages(daemon, source, most, pause=0.2):
    """How many MAIL commands are accepted; time to hear of others is between them."""
    with From(daemon.smtp, source) as client:
        client.cmd("EHLO a.test")
        for n in range(most):
            if client.cmd("MAIL FROM:<a@b.test>").code != 250:
                return n
            client.cmd("RSET")
            time.sleep(pause if n > 4 else 0)
        return most


with Redis(name="rates") as redis:
    settings = {**SHARED, "store.url": redis.url}
    with Daemon(settings) as first, Daemon(settings) as second:
        check("of two processes on one Redis, one takes a minute's worth", messages(first, "127.3.1.1", 44, 0) >= 40)
        check("and the other soon no more", messages(second, "127.3.1.1", 38) < 38)
        same("but of others", messages(second, "127.3.2.1", 10, 0), 10)
        first.stop()
        second.stop()
settings = {**SHARED, "store.url": f"sqlite:{WORK}/rates.db"}
with Daemon(settings) as daemon:
    messages(daemon, "127.3.1.1", 44, 0)  # told when it ends
    daemon.stop()
with Daemon(settings) as daemon:
    check("a restart ends no rate", messages(daemon, "127.3.1.1", 38) < 38)
    daemon.stop()


class Behind(Client):
    """A client that a balancer says is at `source`."""

    def __init__(self, address, source, banner=True):
        super().__init__(address, 10, banner=False)
        self.send(f"PROXY TCP{6 if ':' in source else 4} {source} {'::1' if ':' in source else '192.0.2.1'} 1 25\r\n".encode())
        self.banner = self.reply() if banner else None

    def offered(self):
        return any("STARTTLS" in line for line in self.cmd("EHLO a.test").lines)


def fails_handshake(address, source):
    with Behind(address, source, banner=False) as client:
        client.send(b"this is no ClientHello")
        check("hung up on", client.line() is None)


NETWORKS = {**BASE, "proxy.networks": "127.0.0.1", "smtp.listen_tls": "127.0.0.1:0", "tls.self_signed": "true", "flood.greet_pause": "0", "flood.tarpit": "0"}
CAPS = {"limits.connections_per_ipv4": 2, "limits.connections_per_ipv4_24": 3, "limits.connections_per_ipv6_64": 4,
        "limits.connections_per_ipv6_48": 5}
with Daemon({**NETWORKS, **CAPS}) as daemon:
    for title, sources, most in (("an IPv4 address", ["198.51.100.1"] * 3, 2), ("the /24 around it", ["198.51.100.2"] * 2, 1),
                                 ("another /24", ["198.51.101.1"] * 3, 2), ("an IPv6 /64", ["2001:db8:1::1", "2001:db8:1::2"] * 3, 4),
                                 ("the /48 around it", ["2001:db8:1:2::1", "2001:db8:1:3::1"], 1), ("another /48", ["2001:db8:2::1"] * 5, 4)):
        clients = [Behind(daemon.smtp, source) for source in sources]
        same(f"so many connections has {title}", [c.banner.code for c in clients], [220] * most + [421] * (len(sources) - most))
        if "another" not in title:
            keep = clients  # for the network's sake
    daemon.stop()

LEDGER = {"flood.message_rate": 2, "flood.network_factor": 2, "flood.error_rate": 3, "limits.ledger": 10}
with Daemon({**NETWORKS, **LEDGER}) as daemon, Api(daemon.api) as api:
    def sends(source):
        with Behind(daemon.smtp, source) as client:
            return [client.deliver(["bob@example.test"], MESSAGE).code == 250 for _ in range(2)] + [client.cmd("MAIL FROM:<>").code]
    same("an IPv6 /64 has its rate", sends("2001:db8:3::1"), [True, True, 450])
    same("its neighbour, too", sends("2001:db8:3:1::1"), [True, True, 450])
    with Behind(daemon.smtp, "2001:db8:3:2::1") as third:
        third.cmd("EHLO a.test")
        same("the /48 around them has only so much", third.cmd("MAIL FROM:<>").code, 450)
    same("another /48 has its own", sends("2001:db8:4::1"), [True, True, 450])

    for _ in range(3):
        fails_handshake(daemon.smtp_tls, "198.51.100.1")
    with Behind(daemon.smtp, "198.51.100.1") as client:
        check("a handshake that fails is an error: too many, and nobody is greeted", "too many errors" in client.banner.lines[0], client.banner)
    fails_handshake(daemon.smtp_tls, "198.51.102.1")
    with Behind(daemon.smtp, "198.51.102.1") as client:
        check("who failed once is not offered STARTTLS again", not client.offered())
    for n in range(10):
        fails_handshake(daemon.smtp_tls, f"198.51.{103 + n}.1")
    with Behind(daemon.smtp, "198.51.102.1") as client:
        check("limits.ledger: until ten others have failed since", client.offered())
    daemon.stop()

HURRY = {"limits.connections": 8, "smtp.stress_timeout": "1s", "tls.handshake_timeout": "1h"}
with Daemon({**NETWORKS, **HURRY}) as daemon, Api(daemon.api) as api:
    crowd = [Behind(daemon.smtp, f"203.0.{n}.1") for n in range(6)]
    slow = Behind(daemon.smtp_tls, "198.51.100.1", banner=False)
    check("a handshake is ended when others want the seat", slow.line() is None)
    with Behind(daemon.smtp, "198.51.100.1") as client:
        check("which is not the client's fault: STARTTLS is offered", client.offered())
    for each in crowd:
        each.close()
    daemon.stop()

SUSPECTS = {"flood.error_rate": 20, "flood.greet_pause": "3s", "flood.tarpit": "1s"}
with Daemon({**BASE, **SUSPECTS}) as daemon, Api(daemon.api) as api:
    def make_suspect(source):
        with From(daemon.smtp, source) as client:
            client.cmd("EHLO a.test")
            for _ in range(12):
                client.cmd("RCPT")

    def seconds(action):
        start = time.monotonic()
        action()
        return time.monotonic() - start

    make_suspect("127.3.1.1")
    with From(daemon.smtp, "127.3.1.1", banner=False) as suspect, From(daemon.smtp, "127.3.2.1") as other:
        same("others are greeted", other.banner.code, 220)
        suspect.sock.settimeout(0.5)
        try:
            early = suspect.sock.recv(1)
        except TimeoutError:
            early = b"nothing"
        suspect.sock.settimeout(10)
        same("a suspect waits", early, b"nothing")
        same("and is greeted if it is patient", suspect.reply().code, 220)
        check("a reply that refuses comes late", seconds(lambda: suspect.cmd("MAIL")) >= 0.9)
        same("others do not wait", suspect.cmd("EHLO a.test").code, 250)
        check("the last one, too", seconds(lambda: suspect.cmd("GET / HTTP/1.1")) >= 0.9)
    with From(daemon.smtp, "127.3.1.1", banner=False) as hasty:
        hasty.send(b"EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n")
        same("who speaks before the greeting is refused, and not answered", (hasty.reply().code, hasty.line()), (554, None))
    same("and counted", refused(api, "early_talker"), 1)
    with From(daemon.smtp, "127.3.1.1", banner=False) as leaving:
        leaving.sock.shutdown(socket.SHUT_WR)
        check("who leaves meanwhile just goes", leaving.line() is None)
    same("as nobody's early talk", refused(api, "early_talker"), 1)
    waiting = From(daemon.smtp, "127.3.1.1", banner=False)
    check("a stop does not wait for the patient", seconds(daemon.stop) < 10)
    waiting.close()

with Daemon({**BASE, **SUSPECTS, "flood.held": 0}) as daemon:
    make_suspect("127.3.1.1")
    with From(daemon.smtp, "127.3.1.1", banner=False) as suspect:
        suspect.sock.settimeout(2)
        same("with flood.held taken nobody waits", suspect.reply().code, 220)
    daemon.stop()

def gauge(api, name):
    return int(float(re.search(f"^{name} (\\S+)$".encode(), api.get("/metrics")[2], re.M).group(1)))


MEMORY = 4 << 20
with Daemon({**BASE, "limits.memory": f"{MEMORY}B", "mail.max_size": "256KiB"}) as daemon, Api(daemon.api) as api:
    holders = []
    for network in range(12):  # each takes half of what those before have left, and lets go of nothing
        for size in (200, 200, 100, 50, 25, 12):
            holder = From(daemon.smtp, f"127.6.{network}.1")
            if holder.begin(["bob@example.test"]).code == 354:
                holder.send(b"\r\n" + (b"x" * 98 + b"\r\n") * 10 * size)
            holders.append(holder)
    check("who holds too much memory for too long gives it back", until(lambda: refused(api, "memory") and
          gauge(api, "maildrop_memory_bytes") <= MEMORY * 3 // 4), gauge(api, "maildrop_memory_bytes"))
    check("not more of them than needed", gauge(api, "maildrop_memory_bytes") > MEMORY // 3, gauge(api, "maildrop_memory_bytes"))
    with From(daemon.smtp, "127.7.1.1") as honest:
        same("and somebody else is served", honest.deliver(["bob@example.test"], b"\r\n" + (b"x" * 98 + b"\r\n") * 1000).code, 250)
    for each in holders:
        each.close()
    daemon.stop()

with Daemon({**BASE, "limits.memory": f"{MEMORY}B", "mail.max_size": "256KiB", "limits.exempt": "127.8.0.0/16"}) as daemon, \
        Api(daemon.api) as api:
    trusted = [From(daemon.smtp, "127.8.0.1") for _ in range(14)]
    for each in trusted:
        each.begin(["bob@example.test"])
        each.send(b"\r\n" + (b"x" * 98 + b"\r\n") * 2000)
    check("exempt peers hold most of the memory", until(lambda: gauge(api, "maildrop_memory_bytes") > MEMORY * 3 // 4))
    with From(daemon.smtp, "127.7.1.1") as slow:
        slow.begin(["bob@example.test"])
        slow.send(b"\r\n" + (b"x" * 98 + b"\r\n") * 300)
        time.sleep(4)  # sweeps
        slow.send(b".\r\n")
        same("which is not somebody else's fault", slow.reply().code, 250)
    for each in trusted:
        each.close()
    daemon.stop()

with Daemon({**BASE, "limits.connections": 32}) as daemon, Api(daemon.api) as api:
    crowd = [From(daemon.smtp, "127.4.1.1") for _ in range(29)]
    with From(daemon.smtp, "127.4.1.1") as busy:
        for command in ("EHLO a.test", "MAIL FROM:<>", "RCPT TO:<bob@example.test>"):
            busy.cmd(command)
        before = refused(api, "displaced")
        rest = [From(daemon.smtp, f"127.4.{3 + n}.1") for n in range(6)]
        check("more newcomers are served", until(lambda: refused(api, "displaced") >= before + 4), refused(api, "displaced"))
        same("while one is idle, on whatever loop, none amid a message is ended", busy.cmd("DATA").code, 354)
        for each in rest:
            each.close()
    for each in crowd:
        each.close()
    daemon.stop()

SEATS = {"limits.connections": 32, "smtp.stress_timeout": "1s"}
with Daemon({**BASE, **SEATS}) as daemon, Api(daemon.api) as api:
    crowd = [From(daemon.smtp, "127.4.1.1") for _ in range(30)]
    with From(daemon.smtp, "127.4.2.1") as newcomer:
        same("a newcomer is served when seats are few", newcomer.deliver(["bob@example.test"], MESSAGE).code, 250)
        check("and the source with most of them loses one", until(lambda: refused(api, "displaced") >= 1))
    check("those who wait too long meanwhile go", until(lambda: refused(api, "timeout") + refused(api, "displaced") >= 7, 15))
    for each in crowd:
        each.close()

    def open_now():
        _, _, text = api.get("/metrics")
        return int(float(re.search(rb"^maildrop_smtp_connections (\S+)$", text, re.M).group(1)))
    check("who leaves makes room", until(lambda: open_now() < 5))
    with From(daemon.smtp, "127.4.2.1") as patient:
        time.sleep(3.5)
        same("when there are seats again nobody has to hurry", patient.cmd("NOOP").code, 250)
    daemon.stop()

MEMORY = {"limits.memory": "4MiB", "mail.max_size": "256KiB"}
with Daemon({**BASE, **MEMORY}) as daemon, Api(daemon.api) as api:
    greedy, codes = [], []
    for _ in range(30):
        client = From(daemon.smtp, "127.5.1.1")
        begun = client.begin(["bob@example.test"])
        if begun.code != 354:
            codes.append(begun.code)
            continue
        client.send(MUCH)
        greedy.append(client)

    def used():
        _, _, text = api.get("/metrics")
        return int(float(re.search(rb"^maildrop_memory_bytes (\S+)$", text, re.M).group(1)))
    check("one source fills what is its own", until(lambda: used() > 500_000))
    check("and no more than a quarter of limits.memory", used() <= 1.1 * 2**20, used())
    with From(daemon.smtp, "127.5.2.1") as other:
        same("so another has room", other.deliver(["bob@example.test"], b"Subject: large\r\n\r\n" + (b"y" * 998 + b"\r\n") * 200).code, 250)
    for client in greedy:
        client.send(b".\r\n")
        codes.append(client.reply().code)
        client.close()
    check("its own hear 452 or 250", set(codes) == {250, 452}, codes)
    daemon.stop()

for name, client in (("DATA", by_data), ("BDAT, between two chunks", by_chunk)):
    client.sock.settimeout(60)
    try:
        line = client.line()
    except TimeoutError:
        line = "nothing"
    check(f"who sent much at once has not earned silence in {name}", "421 4.4.2 too slow" in str(line), line)
same("who holds no message may be silent", idle.cmd("NOOP").code, 250)
silent.stop()
finish()

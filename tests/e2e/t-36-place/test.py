"""Places: a database of where clients are, from its file to the trace; replaced, damaged, and not there."""
import ipaddress
import os
import signal

from e2e import WORK, Daemon, check, finish, maildrop, same
from judged import finds, send

FILE = f"{WORK}/places.mmdb"
SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1", "xclient.networks": "127.0.0.0/8"}
OTHERS = ("reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "greylist", "uribl")
SETTINGS |= {f"filter.{name}.mode": "off" for name in OTHERS}


def value(of):
    """In MaxMind's format (maxmind.github.io/MaxMind-DB): texts, 32-bit numbers, maps."""
    if isinstance(of, dict):
        return bytes([7 << 5 | len(of)]) + b"".join(value(key) + value(each) for key, each in of.items())
    if isinstance(of, str):
        return (bytes([2 << 5 | len(of)]) if len(of) < 29 else bytes([2 << 5 | 29, len(of) - 29])) + of.encode()
    return bytes([6 << 5 | 4]) + of.to_bytes(4, "big")


def number16(of):
    return bytes([5 << 5 | 2]) + of.to_bytes(2, "big")


def database(networks, epoch=1_700_000_000):
    """A tree of IPv4, of 32-bit records."""
    nodes, data = [[None, None]], b""
    for network, what in networks.items():
        network = ipaddress.ip_network(network)
        bits = f"{int(network.network_address):032b}"[:network.prefixlen]
        node = nodes[0]
        for bit in bits[:-1]:
            if not isinstance(node[int(bit)], list):
                node[int(bit)] = [None, None]
                nodes.append(node[int(bit)])
            node = node[int(bit)]
        node[int(bits[-1])] = len(data)
        data += value(what)
    places = {id(node): at for at, node in enumerate(nodes)}
    tree = b""
    for node in nodes:
        for child in node:
            record = len(nodes) if child is None else places[id(child)] if isinstance(child, list) else len(nodes) + 16 + child
            tree += record.to_bytes(4, "big")
    about = {"node_count": value(len(nodes)), "record_size": number16(32), "ip_version": number16(4),
             "database_type": value("test"), "languages": b"\x00\x04", "binary_format_major_version": number16(2),
             "binary_format_minor_version": number16(0), "build_epoch": b"\x08\x02" + epoch.to_bytes(8, "big"),
             "description": value({})}
    metadata = bytes([7 << 5 | len(about)]) + b"".join(value(key) + each for key, each in about.items())
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata


def write(content):
    with open(FILE + ".new", "wb") as file:
        file.write(content)
    os.rename(FILE + ".new", FILE)


def reload(daemon, pattern):
    start = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    return check(f"after HUP the log says {pattern}", daemon.wait_for(pattern, start=start), daemon.log())


def served():
    settings = {"filter.place.files": FILE, "filter.place.countries": "NL", "filter.place.country_score": "2.5"}
    here = {"country": {"iso_code": "NL"}, "autonomous_system_number": 64500, "autonomous_system_organization": "Example"}
    write(database({"127.0.0.0/8": here}))
    with Daemon(SETTINGS | settings) as daemon:
        same("mail of a country that scores is taken", send(daemon, "bob").code, 250)
        finds("--why says where it came from", "bob", r"connect +place +score +reject +2\.5 +\d+  NL \(2\.5\), AS64500 Example")
        same("and mail from elsewhere", send(daemon, "far", before=["XCLIENT ADDR=192.0.2.1"]).code, 250)
        finds("of which nothing is known", "far", r"Nothing at connect: .*place")

        write(database({"127.0.0.0/8": {"country_code": "DE"}}))
        same("a file that was replaced", send(daemon, "old").code, 250)
        finds("is not looked at before HUP", "old", r"NL \(2\.5\)")
        reload(daemon, r"\breloaded\b")
        same("and then it is", send(daemon, "new").code, 250)
        finds("and what is known is from there", "new", r"connect +place +score +pass +0 +\d+  DE")

        write(b"cut off")
        reload(daemon, r"cannot use '.*places\.mmdb': it is no database")
        same("what is damaged changes nothing", send(daemon, "kept").code, 250)
        finds("the old one goes on", "kept", r"connect +place .* DE")
        daemon.stop()


def missing():
    with Daemon(SETTINGS | {"filter.place.files": f"{WORK}/none.mmdb"}, wait=False) as daemon:
        same("a file that is named and not there ends the start", daemon.wait(), 78)
        check("and the log says why", "cannot read '" + WORK + "/none.mmdb': No such file or directory" in daemon.log(), daemon.log())
    with Daemon(SETTINGS | {"filter.place.networks": "127.0.0.0/8=NL+drop"}) as daemon:
        same("without a file", send(daemon, "own").code, 250)
        finds("one's own word counts", "own", r"connect +place +score +reject +3 +\d+  NL, drop \(3\)")
        daemon.stop()


def refused():
    settings = {"filter.place.networks": "127.0.0.0/8=drop", "filter.place.mode": "enforce"}
    with Daemon(SETTINGS | settings) as daemon:
        reply = send(daemon, "nobody")
        check("with enforce it is refused", reply.lines[0].startswith("550 5.7.1 mail from where you are"), reply)
        daemon.stop()


served()
missing()
refused()
for key, wrong in (("countries", "NLD"), ("asns", "AS0"), ("country_score", "101")):
    status, _, error = maildrop("config", "check", "--set", f"filter.place.{key}={wrong}")
    check(f"{key} = {wrong} is an error of config check", status == 78 and f"filter.place.{key}" in error, (status, error))
finish()

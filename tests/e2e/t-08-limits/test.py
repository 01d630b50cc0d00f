"""Limits. Each block is one daemon with small limits; the reply names the limit by its code."""
import fcntl
import signal
import socket
import struct
import termios
import time

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client, stuff

HELLO = b"Subject: small\r\n\r\nbody\r\n"
NOT_EXEMPT = "192.0.2.1"  # limits.exempt without loopback


def code(client, *commands):
    """The code of the last command's reply."""
    for command in commands:
        reply = client.cmd(command)
    return reply.code


def start(client):
    return code(client, "EHLO c.example.test", "MAIL FROM:<a@example.test>")


def answer_to(daemon, address, request):
    """What a client reads that has sent something before it was let in, and how the connection ended."""
    daemon.signal(signal.SIGSTOP)
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as client:
        client.sendall(request)
        time.sleep(0.05)
        daemon.signal(signal.SIGCONT)
        got = b""
        try:
            while more := client.recv(4096):
                got += more
        except ConnectionResetError:
            return got, "reset"
        return got, "closed"


def turned_away():
    """On other systems than Linux a reset throws away what had not been read: the very answer."""
    with Daemon({"limits.connections": 1, "api.connections": 1}) as daemon:
        with Client(daemon.smtp), Api(daemon.api) as api:
            api.get("/livez")
            got, end = answer_to(daemon, daemon.smtp, b"EHLO c.example.test\r\n")
            check("SMTP: one too many that did not wait hears 421", got.startswith(b"421 "), got)
            same("and is not reset", end, "closed")
            got, end = answer_to(daemon, daemon.api, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            check("HTTP: one too many hears 503", got.startswith(b"HTTP/1.1 503 "), got)
            same("and is not reset", end, "closed")


def sizes():
    with Daemon({"mail.max_size": "4096", "limits.header_size": "1024", "limits.data_line": "2000", "limits.hops": 3}) as daemon:
        with Client(daemon.smtp) as client:
            hello = client.cmd("EHLO c.example.test")
            check("EHLO announces SIZE 4096", any(line[4:] == "SIZE 4096" for line in hello.lines), hello)
            same("SIZE= above it: 552", code(client, "MAIL FROM:<a@example.test> SIZE=4097"), 552)
            same("SIZE= at it: 250", code(client, "MAIL FROM:<a@example.test> SIZE=4096"), 250)
        cases = (("a message above it", HELLO + b"x" * 70 + b"\r\n" * 3000, 552),
                 ("a line above data_line", HELLO + b"x" * 3000 + b"\r\n", 5),
                 ("a header above header_size", b"X: " + b"y" * 900 + b"\r\nZ: " + b"y" * 900 + b"\r\n\r\nbody\r\n", 5),
                 ("too many Received fields", b"Received: by x; now\r\n" * 4 + HELLO, 554),
                 ("a line of 1,500 bytes, over the 998 of RFC 5321", HELLO + b"x" * 1500 + b"\r\n", 250))
        for title, data, want in cases:
            with Client(daemon.smtp) as client:
                got = client.deliver(["size@example.test"], data).code
                same(title, got // 100 if want < 10 else got, want)
        with Api(daemon.api) as api:
            same("what was refused is not stored", len(api.messages("size")), 1)


def endless_message():
    with Daemon({"mail.max_size": "4096", "limits.discard_size": "100KiB"}) as daemon:
        with Client(daemon.smtp) as client:
            client.begin(["big@example.test"])
            sent = 0
            try:
                while sent < 64 << 20:
                    client.send(b"x" * 998 + b"\r\n")
                    sent += 1000
            except ConnectionError:  # and not a timeout: then nobody would read any more
                pass
            check("a client that never ends its message is cut off", sent < 64 << 20, sent)


def counts():
    limits = {"limits.recipients": 3, "limits.errors": 4, "limits.unknown_commands": 3, "limits.junk_commands": 6,
              "limits.command_line": 512}
    with Daemon(limits) as daemon:
        with Client(daemon.smtp) as client:
            start(client)
            codes = [code(client, f"RCPT TO:<r{n}@example.test>") for n in range(5)]
            same("recipients: the fourth is 452", codes, [250, 250, 250, 452, 452])
            same("and the message goes to the three", code(client, "DATA"), 354)
            client.send(stuff(HELLO))
            same("250", client.reply().code, 250)
        with Client(daemon.smtp) as client:
            start(client)
            codes = [code(client, "RCPT TO:<someone@elsewhere.test>") for _ in range(8)]
            check("errors: relaying is 550, then 421 and close", codes[0] == 550 and 421 in codes and codes[-1] == 0, codes)
        with Client(daemon.smtp) as client:
            codes = [code(client, "FROB x") for _ in range(8)]
            check("unknown commands: 500, then 421 and close", codes[0] == 500 and 421 in codes and codes[-1] == 0, codes)
        with Client(daemon.smtp) as client:
            check("HTTP is hung up on at once", code(client, "GET / HTTP/1.1") in (500, 421, 0) and client.closed())
        with Client(daemon.smtp) as client:
            codes = [code(client, "NOOP") for _ in range(12)]
            check("junk commands: 250, then 421 and close", codes[0] == 250 and 421 in codes and codes[-1] == 0, codes)
        with Client(daemon.smtp) as client:
            same("a command line over the limit: 500", code(client, "NOOP " + "x" * 600), 500)
            same("and the next command is understood", code(client, "NOOP"), 250)


def endless_command():
    with Daemon({"limits.command_line": 512}) as daemon, Client(daemon.smtp) as client:
        sent = 0
        try:
            while sent < 64 << 20:
                client.send(b"x" * 65536)
                sent += 65536
        except ConnectionError:
            pass
        check("a command line without end is cut off", sent < 64 << 20, sent)


def unread(client):
    return struct.unpack("i", fcntl.ioctl(client.sock, termios.FIONREAD, b"\0" * 4))[0]


def ask(client):
    """Whether the answer to one more NOOP finds room."""
    before = unread(client)
    client.send(b"NOOP\r\n")
    return until(lambda: unread(client) > before, 1)


def never_reads():
    """The last word finds no room, where all the answers before just did."""
    where = f"unix:{WORK}/full.sock"
    with Daemon({"smtp.listen": where, "smtp.command_timeout": "2s", "limits.junk_commands": 100000}) as daemon:
        with Client(where) as client:
            room = 0
            while ask(client):
                room += 1
        check("a peer that does not read has room for some answers", room > 10, room)
        with Client(where) as client:
            check("exactly so many", all([ask(client) for _ in range(room)]))
            check("and is ended when it has expired", daemon.wait_for(rf"session .* commands={room} .* end=expired", 15), daemon.log())


def connections():
    limits = {"limits.exempt": NOT_EXEMPT, "limits.connections_per_ipv4": 3, "limits.connections_per_ipv6_64": 2,
              "smtp.listen": "127.0.0.1:0,[::1]:0"}
    with Daemon(limits) as daemon:
        v4, v6 = daemon.addresses("smtp")
        for title, address, most in (("IPv4 address", v4, 3), ("IPv6 /64", v6, 2)):
            clients = [Client(address) for _ in range(most + 1)]
            same(f"connections per {title}", [c.banner.code for c in clients], [220] * most + [421])
            check("the one too many is hung up on", clients[-1].closed())
            clients[0].cmd("QUIT")
            clients[0].close()
            check("when one goes, one may come", until(lambda a=address: Client(a).banner.code == 220))
            for client in clients:
                client.close()
    with Daemon({"limits.connections": 4}) as daemon:
        clients = [Client(daemon.smtp) for _ in range(4)]
        with Client(daemon.smtp) as client:
            check("connections in total: 421 or hung up", client.banner.code in (421, 0), client.banner)
        same("the four live", [c.cmd("NOOP").code for c in clients], [250] * 4)


def drip(client, piece, seconds):
    """Sends the piece again and again; the code of the reply that comes, 0 for none but an end, None when neither came."""
    begin = time.monotonic()
    client.sock.settimeout(0.2)
    try:
        while time.monotonic() - begin < seconds:
            client.send(piece)
            try:
                return client.reply().code
            except socket.timeout:
                pass
    except OSError:
        return 0
    return None


def times():
    with Daemon({"smtp.command_timeout": "1s"}) as daemon, Client(daemon.smtp) as client:
        same("idle: 421", client.reply().code, 421)
        check("idle: then closed", client.closed())
    with Daemon({"smtp.command_timeout": "1s"}) as daemon, Client(daemon.smtp) as client:
        got = drip(client, b"N", 20)
        check("a dripping command line is as idle: 421 or hung up", got in (421, 0), got)
    with Daemon({"smtp.data_timeout": "1s"}) as daemon, Client(daemon.smtp) as client:
        client.begin(["slow@example.test"])
        got = drip(client, b"x\r\n", 10)
        check("a dripping message: 421 or hung up", got in (421, 0), got)
    with Daemon({"smtp.session_timeout": "1s"}) as daemon, Client(daemon.smtp) as client:
        begin = time.monotonic()
        while time.monotonic() - begin < 10 and code(client, "NOOP") == 250:
            time.sleep(0.2)
        check("a session has an end, whatever it does", time.monotonic() - begin < 8)


def newlines():
    with Daemon() as daemon:
        smuggled = (b"Subject: x\r\n\r\nbody%bMAIL FROM:<evil@example.test>\r\nRCPT TO:<smuggled@example.test>\r\n"
                    b"DATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n")
        for title, end in (("LF . LF", b"\n.\n"), ("LF . CRLF", b"\n.\r\n"), ("CRLF . LF", b"\r\n.\n"), ("CR . CR", b"\r.\r"),
                           ("CRLF . CR", b"\r\n.\r"), ("CR . CRLF", b"\r.\r\n"), ("CRLF NUL . CRLF", b"\r\n\0.\r\n")):
            with Client(daemon.smtp) as client:
                client.begin(["outer@example.test"])
                client.send(smuggled % end)
                reply = client.reply()
                nul = b"\0" in end
                check(f"end of data lookalike {title}: " + ("part of the body" if nul else "5xx"),
                      reply.code == 250 if nul else 500 <= reply.code < 600, reply)
                check(f"{title}: " + ("one message" if nul else "closed"), True if nul else client.closed())
        with Client(daemon.smtp) as client:
            client.send(b"NOOP\nNOOP\r\n")
            reply = client.reply()
            check("a bare LF in a command: 5xx and closed", 500 <= reply.code < 600 and client.closed(), reply)
        with Api(daemon.api) as api:
            same("nothing was smuggled", api.messages("smuggled"), [])
        with Client(daemon.smtp) as client:
            client.begin(["first@example.test"])
            client.send(stuff(HELLO) + b"MAIL FROM:<a@example.test>\r\nRCPT TO:<second@example.test>\r\nDATA\r\n")
            same("commands pipelined after the end of data are commands", [client.reply().code for _ in range(4)],
                 [250, 250, 250, 354])


sizes()
endless_message()
counts()
endless_command()
never_reads()
connections()
times()
newlines()
turned_away()
finish()

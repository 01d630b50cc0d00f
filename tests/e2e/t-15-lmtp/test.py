"""LMTP by our own client, Python's and swaks, over a unix socket and TCP; XCLIENT by swaks, and what then goes by whom."""
import re
import smtplib
import socket
import subprocess

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client, stuff

SOCKET = f"{WORK}/lmtp.sock"
MESSAGE = b"Subject: from a mail server\r\n\r\nbody\r\n"
BASE = {"lmtp.listen": f"unix:{SOCKET},127.0.0.1:0", "xclient.networks": "127.0.0.1", "limits.exempt": "",
        "limits.connections_per_ipv4": 2}


def newest(api, inbox):
    return api.messages(inbox)[0]


def received(api, inbox):
    return re.sub(rb"\r\n\t", b" ", api.raw(inbox, newest(api, inbox)["id"])).decode()


def swaks(*arguments):
    done = subprocess.run(["swaks", "--from", "a@b.test", "--timeout", "10", *arguments], capture_output=True, timeout=60, text=True)
    return done.returncode, done.stdout


with Daemon(BASE) as daemon, Api(daemon.api) as api:
    unix, tcp = daemon.addresses("lmtp")
    same("both sockets are announced", unix, f"unix:{SOCKET}")

    with Client(unix) as client:
        client.cmd("LHLO relay.test")
        client.cmd("MAIL FROM:<a@b.test>")
        asked = [client.cmd(f"RCPT TO:<{to}>").code for to in ("bob@example.test", "mallory@elsewhere.test", "carol@example.test")]
        same("over a unix socket who is not ours is refused, alone", asked, [250, 550, 250])
        client.cmd("DATA")
        client.send(stuff(MESSAGE))
        same("a reply for each of the others", [client.reply().code for _ in range(2)], [250, 250])
        same("and no more", client.cmd("QUIT").code, 221)
    for inbox in ("bob", "carol"):
        check(f"{inbox} has it", "(local) by" in received(api, inbox) and " with LMTP id " in received(api, inbox))
    host, port = tcp.rsplit(":", 1)
    with smtplib.LMTP(host, int(port)) as client:  # which knows of one reply only
        same("Python over TCP", client.sendmail("a@b.test", ["dave@example.test"], MESSAGE), {})
    same("from there", newest(api, "dave")["peer"], "127.0.0.1")
    status, text = swaks("--protocol", "LMTP", "--socket", SOCKET, "--to", "erin@example.test,frank@example.test")
    check("swaks over a unix socket: a reply for each", status == 0 and text.count(" stored as ") == 2, text)
    waiting = [Client(tcp) for _ in range(5)]
    check("caps per source are not for who is trusted", all(each.banner.code == 220 for each in waiting))
    for each in waiting:
        each.close()

    status, text = swaks("--server", daemon.smtp, "--to", "grace@example.test", "--xclient-addr", "198.51.100.7", "--xclient-name", "mail.b.test")
    check("swaks tells whose mail it is", status == 0, text)
    same("and that is who sent it", newest(api, "grace")["peer"], "198.51.100.7")
    check("with its name", "(mail.b.test [198.51.100.7])" in received(api, "grace"))
    check("in the log, too", daemon.wait_for(r"session .*peer=198\.51\.100\.7 .*messages=1", 5))

    gateway = [Client(daemon.smtp) for _ in range(5)]
    check("who may tell has no caps before it does", all(each.banner.code == 220 for each in gateway))
    for each in gateway:
        each.close()

    def named(address):
        client = Client(daemon.smtp)
        return client, client.cmd(f"XCLIENT ADDR={address}").code

    seats = []
    for _ in range(2):
        client, code = named("198.51.100.8")
        same("XCLIENT", code, 220)
        seats.append(client)
    third, code = named("198.51.100.8")
    same("caps go by who is named: the third of one is refused", (code, third.line()), (421, None))
    other, code = named("198.51.100.9")
    same("another is not", code, 220)
    seats[0].close()

    def seated():
        again, code = named("198.51.100.8")
        again.close()
        return code == 220
    check("seats come free", until(seated))
    for each in [*seats, third, other]:
        each.close()

    with socket.create_connection((daemon.smtp.rsplit(":", 1)[0], int(daemon.smtp.rsplit(":", 1)[1])), 10, ("127.0.0.2", 0)) as raw:
        raw.sendall(b"EHLO c.test\r\nXCLIENT ADDR=198.51.100.9\r\nQUIT\r\n")
        answer = b""
        while more := raw.recv(4096):
            answer += more
    check("who is not listed is not offered it, and refused", b"XCLIENT" not in answer and b"\r\n550 5.7.0 " in answer, answer)
    check("and is who he is", daemon.wait_for(r"session .*peer=127\.0\.0\.2 ", 5))

    with Client(daemon.smtp) as client:
        same("a seat is given back as it was taken", client.banner.code, 220)
    same("a clean end", daemon.stop(), 0)
finish()

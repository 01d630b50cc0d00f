"""Filters that live by the ledger: greylist and rate, before and after a restart."""
import re
import time

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client

MESSAGE = b"From: a@example.org\r\nSubject: hello\r\n\r\nhi\r\n"
DELAY = 2
# Only these two: no DNS is asked.
SETTINGS = {"xclient.networks": "127.0.0.0/8", "limits.exempt": "",
            **{f"filter.{name}.mode": "off" for name in ("access", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim")}}
GREYLIST = {**SETTINGS, "filter.greylist.mode": "enforce", "filter.greylist.delay": f"{DELAY}s", "filter.greylist.except": "to:open@"}


def send(daemon, to, address="192.0.2.9", sender="a@example.org"):
    """The reply to RCPT, and if that is taken, to the message."""
    with Client(daemon.smtp) as one:
        same(f"XCLIENT from {address}", one.cmd(f"XCLIENT ADDR={address}").code, 220)
        one.cmd("EHLO mail.example.org")
        one.cmd(f"MAIL FROM:<{sender}>")
        reply = one.cmd(f"RCPT TO:<{to}@example.test>")
        if reply.code >= 400:
            return reply
        one.cmd("DATA")
        one.send(MESSAGE + b".\r\n")
        return one.reply()


def comes_again(daemon, *args):
    """Tries until it is taken."""
    return until(lambda: send(daemon, *args).code == 250, 20, 0.3)


began = time.monotonic()
with Daemon(GREYLIST) as daemon:
    reply = send(daemon, "bob")
    found = re.fullmatch(rf"450 4\.7\.1 come again in {DELAY} s \[(\w+)\]", reply.lines[0])
    check("who comes for the first time is told to come again", bool(found), reply)
    check("and the log says why", found and daemon.wait_for(rf'session={found.group(1)} .*result=deferred .*why="greylist: first seen"'), daemon.log())
    same("an inbox that is excepted takes it at once", send(daemon, "open").code, 250)
    check("who comes again is let in", comes_again(daemon, "bob"))
    check("but not before its time", time.monotonic() - began >= DELAY)
    same("from now on at once, whoever sends and receives", send(daemon, "eve", "192.0.2.10", "b@example.net").code, 250)
    same("another network is not known", send(daemon, "bob", "198.51.100.1").code, 450)
    status, text, _ = maildrop("inbox", "eve", "latest", "--why")
    check("the message has it", status == 0 and re.search(rb"rcpt +greylist +enforce +pass +0 +\d+  known: network 192\.0\.2\.0", text), text)
    with Api(daemon.api) as api:
        same("each was taken once", [len(api.messages(inbox)) for inbox in ("bob", "eve", "open")], [1, 1, 1])
    daemon.stop()

with Daemon(GREYLIST) as daemon:
    same("a restart forgets no host", send(daemon, "eve", sender="c@example.net").code, 250)
    check("and nobody's first try", comes_again(daemon, "bob", "198.51.100.1"))
    daemon.stop()

with Daemon(SETTINGS) as daemon:
    same("as shipped nobody has to come again", send(daemon, "late", "203.0.113.1").code, 250)
    text = maildrop("inbox", "late", "latest", "--why")[1]
    check("it is told who would have had to", re.search(rb"rcpt +greylist +observe +defer +0 +\d+  would defer 60 s", text), text)
    same("a host that is known is told", send(daemon, "late").code, 250)
    text = maildrop("inbox", "late", "latest", "--why")[1]
    check("as such", b"known: network 192.0.2.0" in text, text)
    daemon.stop()

with Daemon(GREYLIST) as daemon:
    same("who passed in that time has to come again", send(daemon, "late", "203.0.113.1").code, 450)
    daemon.stop()

RATE = {**SETTINGS, "filter.greylist.mode": "off", "filter.rate.mode": "enforce", "filter.rate.limits": "client=2/1h connection=100/1h"}
with Daemon(RATE) as daemon:
    same("what is within the limit is taken", [send(daemon, "bob").code for _ in range(2)], [250, 250])
    began = time.monotonic()
    same("what is a little over it, too", send(daemon, "bob").code, 250)
    check("and slowed down", time.monotonic() - began >= 3)
    daemon.stop()
with Daemon(RATE) as daemon:
    reply = send(daemon, "bob")
    check("all else is deferred, also after a restart", reply.lines[0].startswith("450 4.7.1 too many recipients from your address, come again later ["), reply)
    same("the next client has limits of its own", send(daemon, "bob", "192.0.2.10").code, 250)
    daemon.stop()

status, _, err = maildrop("config", "check", settings={"filter.rate.limits": "client=50/5m,clients=50/5m"})
check("a limit that is none is told", status == 78 and "filter.rate.limits: 'clients' is none of connection, client" in err, err)
status, _, err = maildrop("config", "check", settings={"filter.greylist.except": "eve@example.org"})
check("so is a pattern", status == 78 and "filter.greylist.except: 'eve@example.org' is no network" in err, err)
finish()

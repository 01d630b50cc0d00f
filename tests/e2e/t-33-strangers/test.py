"""Strangers: who talks too early, what is remembered of clients across a restart, and the field that says what was
found."""
import re

from dns import Dns
from e2e import WORK, Api, Daemon, check, finish, maildrop, same
from smtp import Client

dns = Dns({("7.2.0.192.in-addr.arpa", "PTR"): ["mail.friend.example"], ("mail.friend.example", "A"): ["192.0.2.7"],
           ("friend.example", "TXT"): ["v=spf1 ip4:192.0.2.7 -all"]})
STORE = {"store.url": f"sqlite:{WORK}/mail.db"}
OTHERS = {f"filter.{name}.mode": "off" for name in ("dnsbl", "helo", "sender_domain", "bounce", "headers")}
SETTINGS = OTHERS | STORE | {"xclient.networks": "127.0.0.0/8", "limits.exempt": "", "dns.servers": dns.address,
                             "smtp.hostname": "mx.example.test", "filter.reject": "7",
                             "filter.verdict_cache.mode": "enforce", "filter.access.mode": "score",
                             "filter.access.deny": "from:@spam.example"}


def send(daemon, to, address, sender="a@friend.example", header=b""):
    """The code of the first reply that refuses, or of the last one."""
    with Client(daemon.smtp) as one:
        if address:
            one.cmd(f"XCLIENT ADDR={address}")
        for command in ("EHLO mail.example.org", f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}@example.test>", "DATA"):
            reply = one.cmd(command)
            if reply.code >= 400:
                return reply.code
        one.send(header + b"Subject: hello\r\n\r\nhi\r\n.\r\n")
        code = one.reply().code
        one.cmd("QUIT")
        return code


def why(inbox):
    return maildrop("inbox", inbox, "latest", "--why", settings=STORE)[1].decode()


def early(daemon):
    with Client(daemon.smtp, banner=False) as one:
        one.send(b"EHLO bot.example\r\n")
        same("who speaks before the greeting is greeted all the same", [one.reply().code, one.reply().code], [220, 250])
        for command in ("MAIL FROM:<>", "RCPT TO:<early@example.test>"):
            one.cmd(command)
        one.send(b"DATA\r\nSubject: hello\r\n\r\nhi\r\n.\r\n")
        same("and so who sends more than DATA", [one.reply().code, one.reply().code], [354, 250])
    text = why("early")
    check("and both are kept with the message", "spoke before the greeting" in text and "sent the message before 354" in text, text)
    same("who waits", send(daemon, "polite", ""), 250)
    check("is not seen", "early_talker" in why("polite") and "before the" not in why("polite"), why("polite"))


def remembered(daemon):
    same("a spammer is refused", send(daemon, "bob", "198.51.100.1", "x@spam.example"), 550)
    same("and a moment later again, whoever he says he is", send(daemon, "bob", "198.51.100.1"), 550)
    same("others of his network are not", send(daemon, "neighbour", "198.51.100.2", "a@plain.example"), 250)
    for _ in range(4):
        send(daemon, "bob", "203.0.113.9", "x@spam.example")


def known():
    def run(*args):
        status, out, _ = maildrop("filter", "known", *args, settings=STORE)
        return status, out.decode()

    status, out = run("198.51.100.1")
    check("an operator sees what is known of a client", status == 0 and re.search(r"verdict_cache: was refused for good, since .* until", out)
          and re.search(r"^reputation: \d+ bad and 0 good sessions of the address in the last 14d, which score \d", out, re.M), out)
    check("and may have it forgotten", run("198.51.100.1", "--forget")[1].endswith("forgotten\n"))
    check("so that it is not known any more", "of the address" not in run("198.51.100.1")[1], run("198.51.100.1"))
    same("of others nothing is known", run("192.0.2.99"), (1, "nothing is known\n"))


def field(daemon):
    forged = b"Authentication-Results: mx.example.test; spf=pass smtp.mailfrom=bank.example\r\n"
    other = b"Authentication-Results: elsewhere.example; none\r\n"
    same("a message that says what we found", send(daemon, "field", "192.0.2.7", header=forged + other), 250)
    with Api(daemon.api) as api:
        raw = api.only("field")
    ours = (b"Authentication-Results: mx.example.test;\r\n\tiprev=pass policy.iprev=192.0.2.7 (mail.friend.example);\r\n"
            b"\tspf=none smtp.helo=mail.example.org;\r\n\tspf=pass smtp.mailfrom=friend.example;\r\n\tdkim=none")
    at = raw.find(ours)
    check("has what we found above our Received", 0 <= at < raw.find(b"Received:"), raw)
    check("and what others found below, but for what is not theirs", other in raw and forged not in raw, raw)


if __name__ == "__main__":
    with Daemon(SETTINGS | {"filter.early_talker.wait": "300ms", "xclient.networks": ""}) as server:
        early(server)
    with Daemon(SETTINGS) as server:
        remembered(server)
        known()
        field(server)
    with Daemon(SETTINGS | {"filter.verdict_cache.mode": "off"}) as server:
        same("somebody of whom only bad is known, after a restart", send(server, "later", "203.0.113.9", "a@plain.example"), 250)
        text = why("later")
        check("is known", "address 4 bad 0 good" in text or "address 5 bad 0 good" in text, text)
        same("his network has less to answer for", send(server, "near", "203.0.113.10", "a@plain.example"), 250)
        check("and has something", "network" in why("near"), why("near"))
    finish()

"""judged.py: mail for filters: how it is sent, and what is found of it."""
import re

from e2e import Api, check, maildrop
from smtp import Client


def send(daemon, to="bob", sender="a@example.org", subject="hello", body=b"hi\r\n", before=()):
    """The reply to the message, or the first that refuses. `to`: a recipient or several, of example.test where they are
    names alone; `before`: lines that go before the EHLO, each of which is answered."""
    recipients = [each if "@" in each else f"{each}@example.test" for each in ([to] if isinstance(to, str) else to)]
    with Client(daemon.smtp) as one:
        for command in (*before, "EHLO mail.example.org", f"MAIL FROM:<{sender}>",
                        *(f"RCPT TO:<{each}>" for each in recipients), "DATA"):
            reply = one.cmd(command)
            if reply.code >= 400:
                return reply
        one.send(f"From: {sender}\r\nSubject: {subject}\r\n\r\n".encode() + body + b".\r\n")
        return one.reply()


def why(inbox, *options):
    return maildrop("inbox", inbox, "latest", "--why", *options)[1].decode()


def finds(name, inbox, what):
    """The match of `what` in why(inbox)."""
    text = why(inbox)
    found = re.search(what, text)
    check(name, found, text)
    return found


def ready(daemon):
    with Api(daemon.api) as api:
        return api.get("/readyz")[2].decode()

"""Half of the corpus, the one that the dictionary was not trained with, from as many senders as it has."""
import os
import re
import sqlite3

from corpus import paths, read
from e2e import WORK, Daemon, check, finish, maildrop
from smtp import Client, stuff

MOST = 0.33  # of what was sent
INBOXES = 300
SETTINGS = {"mail.domains": "example.test", "limits.header_size": "512KiB", "smtp.bare_newline": "tolerate",
            "inbox.max_messages": "20", "mail.attachments": "keep"}


def envelope(message):
    """Sender and HELO name, as they may have been."""
    sender = re.search(rb"^From:[^\r]*?(\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+)", message, re.M | re.I)
    helo = re.search(rb"^Received: from ([\w-]+(?:\.[\w-]+)+)", message, re.M)
    return [found.group(1).decode() if found else other
            for found, other in ((sender, "sender@example.org"), (helo, "client.example.org"))]


def send_all(address, messages):
    """The bytes of all, and which were refused."""
    size, refused = 0, []
    for number, path in enumerate(messages):
        message = re.sub(rb"\AFrom [^\r]*\r\n", b"", read(path))
        size += len(message)
        sender, helo = envelope(message)
        with Client(address, timeout=60) as client:
            client.cmd(f"EHLO {helo}")
            for line in (f"MAIL FROM:<{sender}>", f"RCPT TO:<inbox{number % INBOXES}@example.test>", "DATA"):
                client.cmd(line)
            client.send(stuff(message))
            if client.reply().code != 250:
                refused.append(path)
    return size, refused


def stored(store, messages, settings=None):
    """Bytes of the file for each byte that was sent."""
    url = f"{WORK}/{store}.db"
    with Daemon({**SETTINGS, "store.url": f"sqlite:{url}", **(settings or {})}) as daemon:
        size, refused = send_all(daemon.smtp, messages)
        check(f"{store}: all {len(messages)} are taken", not refused, refused[:3])
        daemon.stop()
    with sqlite3.connect(url) as database:
        count, = database.execute("SELECT count(*) FROM message").fetchone()
        wide, = database.execute("SELECT count(*) FROM body WHERE dictionary=0").fetchone()
    check(f"{store}: and are there", count == len(messages), count)
    ratio = os.path.getsize(url) / size
    print(f"  {store}: {size / count:.0f} bytes a message, {os.path.getsize(url) / count:.0f} stored: {ratio:.3f}; "
          f"{wide} not compressed")
    return ratio


half = paths()[1::2]
small = stored("compressed", half)
check(f"it takes at most {MOST} of what was sent", small <= MOST, small)
status, out, _ = maildrop("inbox", "inbox7", "latest", "--raw",
                          settings={**SETTINGS, "store.url": f"sqlite:{WORK}/compressed.db"})
check("and is read without the daemon", status == 0 and b"Return-Path" in out, out[:200])
if os.environ.get("PLAIN"):
    stored("plain", half, {"store.compression": "0"})
finish()

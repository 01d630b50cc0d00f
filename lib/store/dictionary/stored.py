"""How a message lies in a store: what the dictionary is trained on, and what it is measured with.

What is compressed as one piece is the trace fields (lib/smtp/trace.cc), the mail as it came, and the transcript of its
dialog (lib/smtp/transcript.h); the texts of a summary (lib/store/packed_summary.cc) are a piece of their own.
"""
import email.header
import email.utils
import glob
import os
import random
import re

HOSTS = ("mail.example.org", "mx1.example.net", "mx.example.com", "inbox.example")
TLS = (("TLSv1.3", "TLS_AES_256_GCM_SHA384"),) * 6 + (("TLSv1.3", "TLS_AES_128_GCM_SHA256"),
                                                     ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
                                                     ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"))
WORDS = ("river stone tiger lamp cloud mint oak paper silver tango anna test shop user info john maria demo qa signup "
         "hello news team dev max lee sam kim ben eva tom").split()


class Dice:
    """Chance from a seed: only random(), whose numbers are the same in every Python."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, n):
        return int(self.random() * n)

    def pick(self, things):
        return things[self.below(len(things))]

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def often(self, share):
        return self.random() < share

    def text(self, alphabet, size):
        return "".join(self.pick(alphabet) for _ in range(size))

    def hex(self, size):
        return self.text("0123456789abcdef", size)

    def ip(self):
        return f"{self.between(5, 220)}.{self.below(256)}.{self.below(256)}.{self.between(1, 254)}"

    def time(self):
        """Seconds of 2024 to 2027."""
        return 1704067200 + self.below(4 * 365 * 86400)


def rfc5322(seconds):
    return email.utils.formatdate(seconds, usegmt=False).replace("-0000", "+0000")


def inbox(dice):
    kind = dice.below(3)
    if kind == 0:
        local = dice.pick(WORDS) + dice.pick(WORDS) + str(dice.below(1000))
    elif kind == 1:
        local = dice.pick(WORDS) + "." + dice.pick(WORDS)
    else:
        local = dice.text("abcdefghijklmnopqrstuvwxyz0123456789", dice.between(6, 14))
    return local + "@" + dice.pick(("example.org", "mail.example.com", "inbox.example", "example.net"))


def crlf(data):
    return re.sub(rb"\r\n|\r|\n", b"\r\n", data)


def header(data, name):
    """The value of a field, decoded as lists show it; empty when there is none."""
    head = data.split(b"\r\n\r\n", 1)[0]
    found = re.search(rb"^" + name + rb":[ \t]*(.*(?:\r\n[ \t].*)*)", head, re.M | re.I)
    if not found:
        return ""
    text = re.sub(r"\s*\r\n\s*", " ", found.group(1).decode("utf-8", "replace")).strip()
    try:
        return str(email.header.make_header(email.header.decode_header(text)))
    except (LookupError, ValueError):
        return text


def stored(dice, data, sender, helo, host, encrypted):
    """The two pieces for `data`: body with transcript, and the texts of the summary."""
    to, peer = inbox(dice), dice.ip()
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    protocol, cipher = dice.pick(TLS)
    trace = (f"Return-Path: <{sender}>\r\nReceived: from {helo} ([{peer}])\r\n\tby {host} with "
             f"ESMTP{'S' if encrypted else ''} id {dice.text(alphabet, 26)}\r\n\tfor <{to}>")
    if encrypted:
        trace += f"\r\n\ttls {cipher} ({protocol})"
    trace += f";\r\n\t{rfc5322(dice.time())}\r\n"
    lines = [f"session {dice.text(alphabet, 12)}, message 1", f"S: 220 {host} ESMTP maildrop", f"C: EHLO {helo}",
             f"S: 250-{host}"]
    if encrypted:
        lines += ["C: STARTTLS", "S: 220 2.0.0 go ahead with TLS", f"C: EHLO {helo}", f"S: 250-{host}"]
    size = f" SIZE={len(data) + dice.below(300)}" if dice.often(0.5) else ""
    if encrypted and dice.often(0.3):
        size = " BODY=8BITMIME" + size
    lines += [f"C: MAIL FROM:<{sender}>{size}", "S: 250 2.1.0 sender ok", f"C: RCPT TO:<{to}>",
              "S: 250 2.1.5 recipient ok"]
    if encrypted and dice.often(0.2):
        lines += [f"C: BDAT {len(data)} LAST", f"C: ({len(data)} bytes)"]
    else:
        lines += ["C: DATA", "S: 354 end with <CRLF>.<CRLF>", f"C: ({len(data)} bytes)"]
    texts = [sender, to, header(data, b"From"), header(data, b"Subject"), helo, peer]
    if encrypted:
        texts.append(f"{protocol} {cipher}")
    return trace.encode() + data + ("\n".join(lines) + "\n").encode(), b"".join(map(counted, texts))


def counted(text):
    """A text with its size before it, seven bits a byte."""
    data, size = text.encode("utf-8", "replace"), bytearray()
    count = len(data)
    while count >= 0x80:
        size.append(count & 0x7f | 0x80)
        count >>= 7
    size.append(count)
    return bytes(size) + data


def corpus():
    """Paths of the mails in the folder CORPUS, sorted: 6,046."""
    paths = sorted(glob.glob(os.path.join(os.environ["CORPUS"], "*", "*.txt")))
    if len(paths) != 6046:
        raise SystemExit(f"CORPUS: 6046 mails expected in '{os.environ['CORPUS']}', {len(paths)} found")
    return paths


def halves(paths, split):
    """Which mails train, and which are held out.

    interleaved: every second of all sorted paths. Neighbours are often of one thread or one campaign, so each half
    knows much of the other.
    by-time: of each folder the first half; a folder's numbers are in order of arrival.
    """
    if split == "interleaved":
        return paths[0::2], paths[1::2]
    folders = {}
    for path in paths:
        folders.setdefault(os.path.dirname(path), []).append(path)
    first = [path for names in folders.values() for path in names[:len(names) // 2]]
    last = [path for names in folders.values() for path in names[len(names) // 2:]]
    return first, last


def from_corpus(paths, seed):
    """The two pieces of each of these mails."""
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        if data.startswith(b"From "):
            data = data.split(b"\n", 1)[1]
        data = crlf(data)
        dice = Dice(f"{seed} {os.path.basename(path)}")
        sender = re.search(rb"^From:.*?([\w.+-]+@[\w.-]+\w)", data, re.M | re.I)
        helo = re.search(rb"^Received: from ([\w.-]+\.[a-z]+)", data, re.M)
        yield stored(dice, data, sender.group(1).decode() if sender else "bounce@example.test",
                     helo.group(1).decode() if helo else "mail.example.org", dice.pick(HOSTS), dice.often(0.3))

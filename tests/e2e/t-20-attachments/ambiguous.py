"""Messages that can be read in more than one way: Python's parser finds nothing but text in what is stored of them."""
import email
import random

from e2e import Api, Daemon, check, finish, same, without_trace
from smtp import Client

COUNT = 400
ODD = [b"Foo Bar: x", b"X-\xe9: x", b"garbage", b"From nobody", b":", b" folded", b"X: y\rContent-Type: e/x", b"--b0", b"--b1",
       b"Content-Type: text/plain", b"Content-Type: e/x", b"Content-Type : e/x", b"Content-Transfer-Encoding: base64", b"X: \r\r",
       b"Content-Type: multipart/mixed; boundary=b0", b"Content-Disposition: attachment; filename=x"]
LEAVES = [b"", b"Content-Type: text/plain\r\n", b"Content-Type: e/x; name=x\r\n", b"Content-Type: text/html\r\n",
          b'Content-Type: "e/x"\r\n', b"Content-Type: (c) e/x\r\n", b"Content-Type: e\xe9/x\r\n"]
BOUNDARIES = [b'="%s"; boundary*=us-ascii\'\'fake', b"=%s; boundary*0=fake", b"=%s(c)", b'="%s\\c"', b"=fake; boundary=%s", b"=%s=x",
              b"= %s x", b'="%s', b"*0=%s", b"=%s; x=\"; boundary=fake"] + [b'="%s"'] * 12


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def one_in(self, n):
        return self.random.randrange(n) == 0

    def end(self):
        return self.random.choice([b"\n", b"\r", b"\r\r\n", b" \r\n"]) if self.one_in(40) else b"\r\n"

    def odd(self):
        return self.random.choice(ODD) + self.end() if self.one_in(10) else b""

    def part(self, depth):
        what = 9 if depth == 0 else self.random.randrange(10 if depth < 4 else 7)
        if what == 7:
            return b"Content-Type: message/rfc822" + self.end() + self.odd() + b"\r\nSubject: s\r\n" + self.part(depth + 1)
        if what < 7:
            return self.odd() + self.random.choice(LEAVES) + self.odd() + self.end() + \
                self.random.choice([b"text", b"text\r--b0", b"text\r\n--b1", b"--b0x", b""])
        boundary = b"b%d" % (0 if self.one_in(5) else depth)
        kind = self.random.choice([b"mixed", b"mixed", b"digest", b"alternative"])
        out = self.odd() + b"Content-Type: multipart/" + kind + b"; boundary" + self.random.choice(BOUNDARIES) % boundary + self.end() + self.odd()
        out += self.end()
        for _ in range(self.random.randrange(1, 4)):
            out += b"--" + boundary + (self.random.choice([b"X", b" ", b"--", b"-- x"]) if self.one_in(8) else b"") + self.end()
            out += self.part(depth + 1) + self.end()
        return out + (b"" if self.one_in(5) else b"--" + boundary + b"--\r\n")

    def message(self):
        return b"Subject: s\r\n" + self.part(0) + b"\r\n"


def others(raw):
    """Leaves that are not text. A container without parts has none that anybody could open."""
    leaves = [part for part in email.message_from_bytes(raw).walk() if not part.is_multipart()]
    return [part.get_content_type() for part in leaves if part.get_content_maintype() not in ("text", "multipart", "message")]


messages = {seed: Maker(seed).message() for seed in range(COUNT)}
with Daemon({"smtp.bare_newline": "tolerate", "limits.exempt": "127.0.0.1"}) as daemon, Api(daemon.api) as api:
    shown, before, refused = {}, 0, 0
    with Client(daemon.smtp) as client:
        client.cmd("EHLO client.test")
        for seed, message in messages.items():
            refused += client.deliver([f"m{seed}@example.test"], message).code != 250
    for seed, message in messages.items():
        before += bool(others(message))
        found = others(api.only(f"m{seed}"))
        if found:
            shown[seed] = (found, message, without_trace(api.only(f"m{seed}")))
    same("all are accepted", refused, 0)
    check("many had what is not text", before > COUNT // 4, before)
    check("none has any that is left", not shown, list(shown.items())[:2])
    daemon.stop()
finish()

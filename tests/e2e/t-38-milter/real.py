"""real.py SOCKET: a milter by libmilter, for t-38-milter."""
import sys

import Milter


class Real(Milter.Base):
    def connect(self, hostname, family, address):
        self.said = [f"connect {hostname} {address[0]}"]
        return Milter.CONTINUE

    def hello(self, name):
        self.said.append(f"hello {name}")
        return Milter.CONTINUE

    def envfrom(self, sender, *_):
        self.said.append(f"from {sender} {self.getsymval('i')}")
        self.subject, self.size, self.raw = "", 0, ""
        return Milter.CONTINUE

    def envrcpt(self, to, *_):
        self.said.append(f"to {to}")
        if to == "<nobody@example.test>":
            self.setreply("550", "5.1.1", "nobody of that name")
            return Milter.REJECT
        return Milter.CONTINUE

    @Milter.noreply
    def header(self, name, value):
        if name == "Subject":
            self.subject = value
        return Milter.CONTINUE

    def body(self, piece):
        self.size += len(piece)
        return Milter.CONTINUE

    def eom(self):
        self.addheader("X-Real", "seen")
        if self.subject == "tell":
            self.setreply("550", "5.7.1", f"{'; '.join(self.said)}; {self.size}")
            return Milter.REJECT
        if self.subject == "later":
            return Milter.TEMPFAIL
        if self.subject == "virus":
            self.quarantine("a virus")
        if self.subject == "other":
            self.replacebody("another body")
        return Milter.DISCARD if self.subject == "drop" else Milter.CONTINUE


Milter.factory = Real
Milter.set_flags(Milter.ADDHDRS | Milter.CHGBODY | Milter.QUARANTINE)
Milter.runmilter("real", sys.argv[1], 30)

"""What clients run on: from the packet that the kernel keeps to the trace; a database that is replaced, and not there."""
import re
import signal

from e2e import WORK, Daemon, check, finish, maildrop, same
from judged import finds, ready, send
from smtp import Client

FILE = f"{WORK}/p0f.fp"
SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1", "xclient.networks": "127.0.0.0/8"}
OTHERS = ("place", "reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "greylist", "uribl")
SETTINGS |= {f"filter.{name}.mode": "off" for name in OTHERS}
FORM = r"4:\d+\+\d+:0:\d+:(?:mss\*)?\d+,\d+:[a-z0-9,+?]*:[a-z0-9,+-]*:0"


def write(system, signature):
    with open(FILE, "w") as file:
        file.write(f"[tcp:request]\nlabel = s:unix:{system}\nsig = {signature}\n")


def reload(daemon, pattern):
    start = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    check(f"after HUP the log says {pattern}", daemon.wait_for(pattern, start=start), daemon.log())


def served():
    write("None:", "*:1:0:*:*,*:mss::0")
    with Daemon(SETTINGS | {"filter.tcp.database": FILE, "filter.tcp.systems": "Ours", "filter.tcp.score": "1.5"}) as daemon:
        same("mail is taken", send(daemon, "bob").code, 250)
        found = finds("--why has the signature of the packet", "bob", rf"connect +tcp +score +pass +0 +\d+  ({FORM})")
        seen = found[1] if found else "4:64+0:0:1:1,0::0"

        write("Ours:of today", seen)
        reload(daemon, r"\breloaded\b")
        same("a database that knows it", send(daemon, "known").code, 250)
        finds("says what it is, and it scores", "known", r"connect +tcp +score +reject +1\.5 +\d+  Ours of today, " + re.escape(seen))

        same("who came by a balancer", send(daemon, "far", before=["XCLIENT ADDR=192.0.2.1"]).code, 250)
        finds("has no packet", "far", r"Nothing at connect: .*tcp")

        write("Ours:of today", "nothing")
        reload(daemon, rf"filter file file={FILE} error=.line 3: a signature has eight parts")
        check("and /readyz", f"filter file {FILE}: line 3: " in ready(daemon), ready(daemon))
        status, out, error = maildrop("config", "check", "--set", f"filter.tcp.database={FILE}")
        check("and config check, beside its ok", status == 0 and out == b"ok\n" and "line 3: " in error, (status, out, error))
        same("a line that is wrong is left out", send(daemon, "wrong").code, 250)
        finds("and nothing is known any more", "wrong", rf"connect +tcp +score +pass +0 +\d+  {FORM}")
        daemon.stop()


def proxied():
    settings = {"proxy.networks": "127.0.0.0/8", "proxy.on_missing": "direct", "proxy.timeout": "1s"}
    with Daemon(SETTINGS | settings) as daemon:
        same("without a PROXY header", send(daemon, "direct").code, 250)
        finds("the packet is the client's", "direct", rf"connect +tcp +score .*  .*{FORM}")
        with Client(daemon.smtp, banner=False) as one:
            one.send(b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n")
            same("with one there is a greeting", one.reply().code, 220)
            for command in ("EHLO a", "MAIL FROM:<a@example.org>", "RCPT TO:<proxied@example.test>", "DATA"):
                one.cmd(command)
            one.send(b"From: a@example.org\r\n\r\nhi\r\n.\r\n")
            same("and mail is taken", one.reply().code, 250)
        finds("of which the packet is the balancer's, and not looked at", "proxied", r"Nothing at connect: .*tcp")
        daemon.stop()


def missing():
    with Daemon(SETTINGS | {"filter.tcp.database": f"{WORK}/none.fp"}, wait=False) as daemon:
        same("a file that is named and not there ends the start", daemon.wait(), 78)
        check("and the log says why", "cannot read '" + WORK + "/none.fp': No such file or directory" in daemon.log(), daemon.log())


def refused():
    write("Ours:", "*:64-:0:*:*,*:mss,sok,ts,nop,ws:df,id+:0")
    with Daemon(SETTINGS | {"filter.tcp.database": FILE, "filter.tcp.systems": "Ours", "filter.tcp.mode": "enforce"}) as daemon:
        reply = send(daemon, "nobody")
        check("with enforce it is refused", reply.lines[0].startswith("550 5.7.1 mail from such a system"), reply)
        daemon.stop()


served()
proxied()
missing()
refused()
status, _, error = maildrop("config", "check", "--set", "filter.tcp.score=101")
check("score = 101 is an error of config check", status == 78 and "filter.tcp.score" in error, (status, error))
finish()

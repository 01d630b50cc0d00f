"""maildrop explain: each phase, each recipient, findings with their facts; live and from a file; what makes no sense."""
import contextlib
import json
import os
import re
import sqlite3
import stat
import time

from dns import Dns
from e2e import WORK, Daemon, check, finish, maildrop, same, until
from hook import Service
from judged import send

dns = Dns({("1.2.0.192.in-addr.arpa", "PTR"): ["host.spam.example"], ("host.spam.example", "A"): ["192.0.2.1"]})
SETTINGS = {"dns.servers": dns.address, "mail.domains": "example.test", "filter.access.deny": "client:.spam.example,to:nobody@"}
MESSAGE = b"From: a@example.org\nSubject: hello\n\nhi\n"
FACTS = """# as somebody else saw it
PTR 1.2.0.192.in-addr.arpa = mail.example.org
A mail.example.org = 192.0.2.1
"""


def explain(*args, settings=None, stdin=None):
    status, out, err = maildrop("explain", *args, settings={**SETTINGS, **(settings or {})}, stdin=stdin)
    return status, out.decode(), err


def files():
    """Of those of the store name, owner and mode."""
    found = [(entry.name, entry.stat()) for entry in os.scandir(WORK) if entry.name.startswith("mail.db")]
    return sorted((name, about.st_uid, stat.S_IMODE(about.st_mode)) for name, about in found)


def records():
    with contextlib.closing(sqlite3.connect(f"file:{WORK}/mail.db.ledger?mode=ro", uri=True)) as ledger:
        return ledger.execute("SELECT count(*) FROM record").fetchone()[0]


def known(*args):
    status, out, err = maildrop("filter", "known", *args)
    return status, out.decode(), err


def write(name, text):
    with open(f"{WORK}/{name}", "w") as file:
        file.write(text)
    return f"{WORK}/{name}"


status, out, err = explain("--ip", "192.0.2.1", "--helo", "x.example", "--from", "a@example.org", "--to", "bob", "--to", "nobody@example.test", "-", stdin=MESSAGE)
check("it tells all there is to tell", status == 0, (status, err))
steps, table = out.split("\n\n")
same("there is no ledger here", table.splitlines()[0], "Ledger: empty")
same("nor is there one afterwards", files(), [])
same("nothing is known, then, nor made to be forgotten", (known("192.0.2.1", "--forget")[:2], files()), ((1, "nothing is known\n"), []))
lines = [line.split(" (")[0] for line in steps.splitlines()]
same("each phase, and each recipient", lines, [f"{phase}: reject at RCPT, 550 5.7.1 you are not welcome here" for phase in ("connect", "helo", "mail")] +
     [f"rcpt {to}@example.test: reject, 550 5.7.1 you are not welcome here" for to in ("bob", "nobody")] +
     [f"{phase}: reject, 550 5.7.1 you are not welcome here" for phase in ("headers", "message")])
check("why", re.search(r"connect +access +enforce +reject +7 +\d+  denied by client:\.spam\.example", table), table)
check("and by which answers", "    PTR 1.2.0.192.in-addr.arpa = host.spam.example\n    A host.spam.example = 192.0.2.1\n" in table, table)
check("of a recipient who gets no message, too", "denied by to:nobody@" in table, table)
status, out, err = explain("--ip", "192.0.2.1", "--to", "bob", "--facts", write("facts", FACTS))
check("with the facts of a file", status == 0 and "rcpt bob@example.test: pass" in out and "denied" not in out, out)
check("without a message and HELO there are no such phases", "message:" not in out and "helo:" not in out, out)
told = json.loads(explain("--ip", "192.0.2.1", "--to", "bob", "--json")[1])
same("as JSON", (told["schema"], [step["phase"] for step in told["steps"]], told["steps"][-1]["action"], told["verdicts"]["filters"][0]["filter"]),
     ("maildrop.explained/1", ["connect", "mail", "rcpt"], "reject", "access"))
held = explain("--ip", "192.0.2.1")
check("without a recipient it tells what is held back", "mail: reject at RCPT, 550 " in held[1] and "\nIt would be refused at RCPT.\n" in held[1], held)
same("as JSON, too", [(step["action"], step["foreseen"]) for step in json.loads(explain("--ip", "192.0.2.1", "--json")[1])["steps"]], [("tag", "reject")] * 2)
check("it counts questions", re.search(r"^connect: .*, [1-9]\d* questions?", held[1], re.M), held)
check("who found nothing is named with what it cost", re.search(r"^Nothing at mail: .*access \d+us", held[1], re.M), held)
old = explain("--ip", "192.0.2.1", "--at", "Sun, 01 Mar 2020 00:00:00 +0000", "-", stdin=b"Date: Sun, 01 Mar 2020 00:00:00 +0000\n\nhi\n")
now = explain("--ip", "192.0.2.1", "-", stdin=b"Date: Sun, 01 Mar 2020 00:00:00 +0000\n\nhi\n")
check("an old message is judged as of its time", "date (long ago)" in now[1] and "date (long ago)" not in old[1], (old, now))
check("who is exempt is said to be", "limits.exempt" in explain("--ip", "127.0.0.1")[1] and "limits.exempt" not in out)
odd = explain("--ip", "192.0.2.1", "--helo", "x.example", "--from", '"q = 1"@odd.example', "--facts",
              write("odd", 'TXT odd.example = "v=spf1 exists:%{l}.odd.example -all"\n'))[1]
shown = [line.strip() for line in odd.splitlines() if line.startswith("    ")]
check("facts with odd names are shown", any("odd.example" in line and '"' in line.split(" = ")[0] for line in shown), odd)
same("and read back", explain("--ip", "192.0.2.1", "--facts", write("again", "\n".join(shown) + "\n"))[0], 0)
for name, args, word in (("no address", ("--ip", "host"), "host"), ("no sender", ("--ip", "192.0.2.1", "--from", "a b"), "address"),
                         ("facts that are none", ("--ip", "192.0.2.1", "--facts", write("bad", "A x = y\n")), "line 1: "),
                         ("no --ip", (), "--ip"), ("a time that is none", ("--ip", "192.0.2.1", "--at", "noon"), "'noon' is no time"), ("a message beyond mail.max_size", ("--ip", "192.0.2.1", write("large", "x" * 600_000)), "mail.max_size")):
    status, out, err = explain(*args)
    check(f"{name}: 64", status == 64 and not out and word in err, (status, out, err))
hook = Service()
hook.answer = {"action": "reject", "score": 3, "reply": "5.7.1 the hook says no", "reason": "hooked"}
LIVE = SETTINGS | {"xclient.networks": "127.0.0.0/8", "filter.access.deny": "", "filter.greylist.mode": "enforce", "filter.greylist.delay": "1s",
                   "filter.headers.mode": "off", "filter.http.url": hook.url}
to = ("--ip", "192.0.2.9", "--helo", "mail.example.org", "--from", "a@example.org", "--to", "bob")
with Daemon(LIVE) as server:
    same("a server greylists", send(server, before=("XCLIENT ADDR=192.0.2.9",)).code, 450)
    check("who came there has come here", until(lambda: "came again after" in explain(*to, settings=LIVE)[1], 20, 0.3))
    came = explain(*to, "-", settings=LIVE, stdin=MESSAGE)
    check("that ledger is named", "\nLedger: that of sqlite:" in came[1], came)
    for number in range(20):
        send(server, before=(f"XCLIENT ADDR=5.{number}.0.1",))
    check("the ledger has more than a lower limit would keep", until(lambda: records() > 20, 20, 0.3), records())
    before = files(), records()
    explain(*to, settings=LIVE | {"limits.ledger": "10"})
    same("to explain makes no file", files(), before[0])
    check("and removes none of it, whatever the limit", records() >= before[1], (records(), before[1]))  # the server adds some
    check("services are asked", "550 5.7.1 the hook says no (http: hooked), 2 questions" in came[1] and len(hook.asked) == 1, (came, hook.asked))
    other = ("--ip", "198.51.100.1", *to[2:])
    check("who has not come is deferred", "rcpt bob@example.test: defer, 450 " in explain(*other, settings=LIVE)[1])
    time.sleep(1.1)
    check("and has not come by being explained", "first seen" in explain(*other, settings=LIVE)[1])
    off = explain(*to, "--facts", write("none", ""), "-", settings=LIVE, stdin=MESSAGE)
    check("with facts nobody is asked", "Ledger: empty" in off[1] and "nobody is there" in off[1] and len(hook.asked) == 1, off)
    server.kill()
# As of another user: who explains as root must not lock him out.
for title, ends in (("was killed", False), ("has ended", True)):
    if ends:
        with Daemon(LIVE) as server:
            send(server, before=("XCLIENT ADDR=192.0.2.9",))  # so that it opens the ledger
            server.stop()
    for name, *_ in files() if os.geteuid() == 0 else ():
        os.chown(f"{WORK}/{name}", 65534, 65534)
    before = files()
    same(f"the log of a process that {title} is still there, or is not", "mail.db.ledger-wal" in str(before), not ends)
    check("explain reads its ledger", "Ledger: that of sqlite:" in explain(*to, settings=LIVE)[1])
    check("so does filter known", known("192.0.2.9")[0] == 0, known("192.0.2.9"))
    same("and both leave its files as they were", files(), before)
host = ("192.0.2.9", "--forget")
check("to forget somebody is to write", known(*host)[0] == 0 and known("192.0.2.9")[0] == 1, known("192.0.2.9"))
same("and leaves owner and mode, too", files(), before)
with open(f"{WORK}/mail.db.ledger", "r+b") as file:
    file.write(b"no database")
damaged = explain(*to, settings=LIVE)[1]
check("a ledger that fails is named with its error", "\nLedger: empty, since there is no other: cannot open ledger" in damaged, damaged)
check("and known does not make a new one", "cannot open ledger" in known(*host)[2], known(*host))
same("a damaged file stays where it is", files(), before)
silent = explain("--ip", "192.0.2.1", settings={"store.url": f"redis+unix://{WORK}/none.sock"})
check("so is a server that is not there", silent[0] == 0 and "Ledger: empty, since there is no other: " in silent[1], silent)
# A filter that learns.
for number in range(30):
    for label, text in (("spam", "Subject: free money\n\nbuy cheap pills\n"), ("ham", "Subject: dinner\n\nwe lost the game\n")):
        os.makedirs(f"{WORK}/{label}", exist_ok=True)
        write(f"{label}/{number}", text + "x" * number + "\n")
train = ("filter", "train", "--to", f"{WORK}/bayes.model", "--label-by-folder", f"{WORK}/spam", f"{WORK}/ham")
status, out, err = maildrop(*train)
check("bayes is taught", status == 0 and out.endswith(b"taught until now: 30 spam, 30 ham\n"), (status, out, err))
BAYES = {"filter.bayes.mode": "score", "filter.bayes.model": f"{WORK}/bayes.model", "filter.bayes.least": "20"}
learned = explain(*to, "--facts", f"{WORK}/none", "-", settings=LIVE | BAYES, stdin=b"Subject: money\n\ncheap pills\n")
check("and tells by what it goes", re.search(r"bayes +score +pass +4\.\d+ .* 1\.\d+ spam: .*cheap pills \d+:0", learned[1]), learned)
same("no such file: 66", explain("--ip", "192.0.2.1", f"{WORK}/none.eml")[0], 66)
same("an expression that is none: 78", explain("--ip", "192.0.2.1", settings={"filter.access.deny": "helo:/(/"})[0], 78)
finish()

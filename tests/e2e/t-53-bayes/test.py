"""The filter bayes: taught into the store of a server that runs, and what it says of mail then."""
import os
import signal

from e2e import WORK, Daemon, check, finish, maildrop, same
from judged import send

STORE = f"sqlite:{WORK}/mail.db"
SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1", "filter.bayes.mode": "score", "filter.bayes.least": 30,
            "filter.bayes.spam_score": 6}
SETTINGS |= {f"filter.{name}.mode": "off" for name in (
    "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "greylist")}


def write(label, words):
    os.makedirs(f"{WORK}/{label}", exist_ok=True)
    for i in range(40):
        with open(f"{WORK}/{label}/{i:02}", "w", encoding="utf-8") as file:
            file.write(f"Subject: {words}\n\nabout {words}, and {'x' * (i % 20 + 1)}\n")


def train(*words, url=STORE):
    return maildrop("filter", "train", *words, settings={"store.url": url})


write("spam", "free money and cheap pills")
write("ham", "we lost the game on sunday")
SPAM, HAM = ("--spam", f"{WORK}/spam"), ("--ham", f"{WORK}/ham")
status, _, err = train(*SPAM, *HAM)
check("without a store there is nobody to teach", status == 66 and "--to" in err, (status, err))
same("nor in a memory that is another's", train(*SPAM, url="memory:")[0], 64)

with Daemon(SETTINGS) as server:
    check("a server tells that nothing was taught", "see maildrop filter train" in server.log(), server.log())
    same("and takes mail all the same", send(server, ["bob@example.test"], subject="free money").code, 250)
    status, out, err = train(*SPAM, *HAM)
    same("it is taught beside the server", (status, out.decode().splitlines()[-1]),
         (0, "taught until now: 40 spam, 40 ham"))
    server.signal(signal.SIGHUP)  # a minute later it would see that by itself
    check("which has it then", server.wait_for(r"\breloaded\b"), server.log())
    same("and listed", maildrop("filter", "models", settings={"store.url": STORE})[1].split()[3], b"bayes")
    send(server, ["bob@example.test"], subject="free money", body=b"cheap pills and free money\r\n")
    send(server, ["bob@example.test"], subject="the game", body=b"we lost on sunday\r\n")
    listed = maildrop("inbox", "bob", "--json", settings={"store.url": STORE})[1].decode().splitlines()
    why = [maildrop("inbox", "bob", number, "--why", settings={"store.url": STORE})[1].decode() for number in "12"]
    ham, spam = why
    check("spam is marked, and why", "Mark: tag" in spam and "bayes" in spam and "free money" in spam, (listed, spam))
    check("ham is not", "Mark: none" in ham and "ham: " in ham, ham)
    same("a backup has it", maildrop("backup", f"{WORK}/kept", settings={"store.url": STORE})[0], 0)
    server.stop()

with open(f"{WORK}/mail.db.models", "r+b") as file:
    file.write(b"no database any more, whatever it was before")
status, _, err = train(*SPAM, *HAM)
check("a damaged model is told, and how to go on", status in (65, 74) and "--anew" in err, (status, err))
same("which helps", train("--anew", *SPAM, *HAM)[0], 0)

OTHER = f"sqlite:{WORK}/other.db"
same("and brings it back", maildrop("restore", f"{WORK}/kept", settings={"store.url": OTHER})[0], 0)
status, out, _ = train(*SPAM, url=OTHER)
same("to be taught on: what it knows is known", (status, out.decode().splitlines()),
     (0, ["learned from 0 of 40 spam and 0 of 0 ham; the others were known", "taught until now: 80 spam, 40 ham"]))
finish()

"""Every metric that a daemon shows stands in maildrop-serve(8), in the words of the registry, and no other does."""
import glob
import os
import re
import textwrap

from e2e import ROOT, WORK, Api, Daemon, check, finish, same
from redis import DURABLE, Redis
from smtp import Client

PAGE = f"{ROOT}/man/maildrop-serve.8"
BEGIN, END = '.\\" from /metrics: begin\n', '.\\" from /metrics: end\n'
MESSAGE = b"Subject: counted\r\n\r\nhello\r\n"


def families(text):
    """name -> (type, help, {label: its values})"""
    found = {}
    for name, words in re.findall(r"^# HELP (\S+) (.*)$", text, re.M):
        kind = re.search(rf"^# TYPE {name} (\w+)$", text, re.M).group(1)
        labels = {}
        for inside in re.findall(rf"^{name}(?:_bucket|_sum|_count)?\{{(.*)\}} ", text, re.M):
            for label, value in re.findall(r'(\w+)="([^"]*)"', inside):
                labels.setdefault(label, []).append(value)
        labels.pop("le", None)
        found[name] = (kind, words, labels)
    return found


def roff(text):
    text = text.replace("\\", "\\e").replace("'", "\\(aq")
    return "".join(line + "\n" for line in textwrap.wrap(text, 79, break_on_hyphens=False))


def entry(name, kind, words, labels):
    out = f'.TP\n.BR {name} " ({kind})"\n' + roff(words + ".")
    for label, values in labels.items():
        if len(values) > 1:
            out += f".BR {label} :\n" + roff(", ".join(dict.fromkeys(values)) + ".")
    return out


def metrics(daemon):
    with Api(daemon.api) as api:
        return families(api.get("/metrics")[2].decode())


def traffic(daemon):
    """Something of each kind that a stranger can cause."""
    with Client(daemon.smtp) as client:
        same("a message is stored", client.deliver(["a@example.test"], MESSAGE).code, 250)
        client.cmd("MAIL FROM:<x@example.org>")
        same("a recipient is refused", client.cmd("RCPT TO:<a@elsewhere.test>").code, 550)
        client.cmd("NONSENSE")
        client.cmd("QUIT")
    with Api(daemon.api) as api:
        api.get("/nowhere")


shown = {}
with Redis(*DURABLE) as redis:
    for store, settings in ("SQLite", {}), ("Redis", {"store.url": redis.url}):
        with Daemon({"mail.domains": "example.test", "report.file": f"{WORK}/report", "report.redis": f"redis+unix://{WORK}/none.sock",
                     "report.webhook": "http://127.0.0.1:1/", "admin.listen": f"unix:{WORK}/admin.sock", **settings}) as daemon:
            shown[store] = metrics(daemon)
            traffic(daemon)
            after = metrics(daemon)
            same(f"{store}: what is shown from the begin is all there is", sorted(after), sorted(shown[store]))
            check(f"{store}: reasons come with the first refusal",
                  "relaying" in after["maildrop_smtp_refused_total"][2].get("reason", []))
            daemon.stop()

same("both stores have the same", sorted(shown["Redis"]), sorted(shown["SQLite"]))
for name, (kind, words, _) in shown["SQLite"].items():
    check(f"{name} is named as what it is", name.endswith("_total") == (kind == "counter"), kind)
    check(f"{name} is told in a sentence", words[0].isupper(), words)
    check(f"{name} is told without a full stop", not words.endswith("."), words)

wanted = "".join(entry(name, *what) for name, what in sorted(shown["SQLite"].items()))
with open(PAGE, encoding="utf-8") as file:
    page = file.read()
before, rest = page.split(BEGIN)
written, behind = rest.split(END)
if os.environ.get("UPDATE_WANT"):
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + wanted + END + behind)
else:
    def names(text):
        return re.findall(r"^\.BR ((?:maildrop|process)_\w+) ", text, re.M)

    same("maildrop-serve(8) has them all, and no other", names(written), names(wanted))
    check("in these words", written == wanted, "UPDATE_WANT=1 writes them")
    mentioned = set()
    for path in glob.glob(f"{ROOT}/man/*.[1-8]"):
        with open(path, encoding="utf-8") as file:
            mentioned.update(re.findall(r"\bmaildrop_[a-z_]+", file.read()))
    same("no manual tells of another", sorted(mentioned - set(shown["SQLite"])), [])
finish()

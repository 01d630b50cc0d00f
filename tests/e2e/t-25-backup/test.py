"""maildrop backup and restore: beside deliveries, from store to store, damaged, interrupted, killed midway."""
import hashlib
import json
import os
import resource
import signal
import stat
import subprocess
import threading
import time

from e2e import BINARY, WORK, Api, Daemon, check, end_with_parent, environment, finish, maildrop, same, until
from redis import DURABLE, Redis
from smtp import Client, deliver, noise

SETTINGS = {"limits.exempt": "127.0.0.0/8", "inbox.max_messages": 200}
INBOXES, EACH = 60, 20


def at(name):
    return os.path.join(WORK, name)


def sqlite(name):
    return {"store.url": f"sqlite:{at(name)}"}


def run(command, *args, store=None, **more):
    return maildrop(command, *args, settings={**SETTINGS, **(store or {})}, **more)


def left(name):
    """What a backup that failed has left of it."""
    return [each for each in os.listdir(WORK) if each.startswith(name)]


def as_json(command, *args, store=None):
    status, out, err = run(command, *args, "--json", store=store)
    try:
        return status, json.loads(out)
    except ValueError:
        return status, {"out": out, "err": err}


def message(subject, lines):
    return f"Subject: {subject}\r\n\r\n".encode() + noise(lines) + b"\r\n\xff\xfe.\r\n.\r\nFrom here on\r\n"


def fill(address):
    with Client(address) as client:
        for n in range(INBOXES):
            for i in range(EACH):
                code = client.deliver([f"box{n}@example.test"], message(f"{n} {i}", 1 + i * (n % 5))).code
                if code != 250:
                    raise RuntimeError(f"delivery refused: {code}")


def seen(api, inboxes=INBOXES):
    """What a reader sees: of each inbox ids and bytes, in order."""
    return {n: [(each["id"], api.raw(f"box{n}", each["id"])) for each in api.messages(f"box{n}")] for n in range(inboxes)}


class Deliveries(threading.Thread):
    """To inboxes that others do not use, one after the other: what was acknowledged, and when."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.acknowledged, self.ended = address, [], False

    def run(self):
        with Client(self.address) as client:
            while not self.ended:
                number = len(self.acknowledged)
                if client.deliver([f"live{number % 7}@example.test"], message(f"live {number} ", 2)).code == 250:
                    self.acknowledged.append(number)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.join()


def live_in(store):
    """Of these the numbers that a store holds."""
    numbers = set()
    for n in range(7):
        status, out, _ = run("inbox", f"live{n}", "--json", store=store)
        if status == 0:
            numbers |= {int(json.loads(line)["subject"].split()[1]) for line in out.splitlines()}
    return numbers


def save(title, store, file):
    """While a daemon takes mail; what the daemon showed."""
    with Daemon({**SETTINGS, **store, "inbox.max_messages": 1000}) as daemon, Api(daemon.api) as api:
        fill(daemon.smtp)
        before = seen(api)
        with Deliveries(daemon.smtp) as deliveries:
            until(lambda: len(deliveries.acknowledged) > 20)
            earlier = set(deliveries.acknowledged)
            status, done = as_json("backup", file, store={**store, "inbox.max_messages": 1000})
            later = set(deliveries.acknowledged)
        same(f"{title}: backup beside deliveries", (status, done.get("error")), (0, None))
        check(f"{title}: it has all of before", done["messages"] >= INBOXES * EACH + len(earlier), done)
        same(f"{title}: its file has mode 0600", os.stat(file).st_mode & 0o777, 0o600)
        check(f"{title}: and says its size", done["written"] == os.path.getsize(file), done)
        status, err = run("restore", file, "--merge", store=store)[::2]
        if "sqlite" in store["store.url"]:
            check(f"{title}: a store that a daemon writes is not restored to", status == 69 and "end that one first" in err, (status, err))
    status, listed = as_json("restore", "-n", file)
    same(f"{title}: what is in it can be told", (status, listed.get("messages"), listed.get("bytes")),
         (0, done["messages"], done["bytes"]))
    return before, earlier, later


def bring_back(title, store, file, before, earlier, later):
    store = {**store, "inbox.max_messages": 1000}
    status, done = as_json("restore", file, store=store)
    same(f"{title}: restore", (status, done.get("error"), done.get("unnamed")), (0, None, 0))
    live = live_in(store)
    check(f"{title}: all is there that was acknowledged before it began", earlier <= live, sorted(earlier - live))
    check(f"{title}: and nothing that was not sent by then", live <= later | {max(later) + 1}, sorted(live - later))
    with Daemon({**SETTINGS, **store}) as daemon, Api(daemon.api) as api:
        same(f"{title}: a daemon shows what the first one showed", seen(api), before)
    status, out, err = run("restore", file, store=store)
    check(f"{title}: a store with mail is left alone", status == 73 and "--merge" in err and not out, (status, out, err))
    status, again = as_json("restore", file, "--merge", store=store)
    same(f"{title}: again there is nothing left to do", (status, again.get("messages"), again.get("known")),
         (0, 0, done["messages"]))


def from_store_to_store():
    with Redis(*DURABLE) as first, Redis(*DURABLE, name="second") as second, Redis(*DURABLE, name="third") as third:
        kept = save("sqlite", sqlite("a.db"), at("sqlite.zst"))
        bring_back("sqlite to sqlite", sqlite("b.db"), at("sqlite.zst"), *kept)
        bring_back("sqlite to redis", {"store.url": first.url}, at("sqlite.zst"), *kept)
        kept = save("redis", {"store.url": second.url}, at("redis.zst"))
        bring_back("redis to sqlite", sqlite("c.db"), at("redis.zst"), *kept)
        bring_back("redis to redis", {"store.url": third.url}, at("redis.zst"), *kept)
        status, second_half = as_json("backup", "-", store={"store.url": third.url})
        third.kill()
        status, _, err = run("backup", at("none.zst"), store={"store.url": third.url})
        check("a server that is away is told, and leaves no file", status == 69 and err and not os.path.exists(at("none.zst"))
              and not left("none.zst"), (status, err))


def files():
    store, good = sqlite("a.db"), at("sqlite.zst")
    with open(good, "rb") as f:
        whole = f.read()
    status, _, err = run("backup", good, store=store)
    check("a file that is there stays", status == 73 and "--force" in err and open(good, "rb").read() == whole, (status, err))
    same("with --force it is replaced", run("backup", good, "--force", store=store)[0], 0)
    check("by a whole one", as_json("restore", "-n", good)[1]["messages"] > INBOXES * EACH)
    os.mkfifo(at("fifo"))
    for target, want in ((at("fifo"), 73), (at("no/folder/x.zst"), 73), (WORK, 73)):
        same(f"status {want}: backup --force to {os.path.basename(target)}", run("backup", target, "--force", store=store)[0], want)
    check("what is no file is left as it is", stat.S_ISFIFO(os.stat(at("fifo")).st_mode))
    same("no store: 66", run("backup", at("y.zst"), store=sqlite("none.db"))[0], 66)
    env = environment({**SETTINGS, **store})
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "backup", "-"], env=env, stdout=full, stderr=subprocess.PIPE, timeout=60)
    check("a full disk is told: 74", done.returncode == 74 and b"No space left" in done.stderr, done)
    limited = subprocess.run([BINARY, "backup", at("large.zst")], env=env, capture_output=True, timeout=60, restore_signals=False,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000)))
    check("a file that cannot grow: 74, and nothing is left of it", limited.returncode == 74 and not os.path.exists(at("large.zst"))
          and not left("large.zst"), limited)
    piped = subprocess.run(f"'{BINARY}' backup - | '{BINARY}' restore - -n --json", env=env, shell=True, capture_output=True, timeout=60)
    same("through a pipe", (piped.returncode, json.loads(piped.stdout)["error"]), (0, None))

    for title, bad in (("cut off", whole[:-5]), ("damaged", whole[:len(whole) // 2] + b"\0\0\0\0" + whole[len(whole) // 2 + 4:])):
        with open(at("bad.zst"), "wb") as f:
            f.write(bad)
        status, _, err = run("restore", "-n", at("bad.zst"))
        check(f"{title}: told beforehand, 65", status == 65 and "behind" in err, (status, err))
        status, done = as_json("restore", at("bad.zst"), store=sqlite(f"{title[:3]}.db"))
        check(f"{title}: restored as far as it goes, 65", status == 65 and 100 < done["messages"] and done["error"], done)
        same("  and no further", as_json("purge", "--all", "-n", store=sqlite(f"{title[:3]}.db"))[1]["counted"], done["messages"])
    for title, name, want in (("no backup", "/etc/passwd", 65), ("empty", "/dev/null", 65), ("missing", at("missing"), 66),
                              ("a folder", WORK, 74)):
        status, _, err = run("restore", name, store=sqlite("never.db"))
        check(f"status {want}: {title}", status == want and err, (status, err))
    check("and no store was made for it", not os.path.exists(at("never.db")))


    if os.geteuid() == 0:
        os.mkdir(at("theirs"))
        os.chown(at("theirs"), 65534, 65534)
        status, _, err = run("restore", good, store=sqlite("theirs/mail.db"))
        check("root does not make what another user cannot open: 77", status == 77 and "runuser -u" in err
              and not os.listdir(at("theirs")), (status, err))


def ages():
    with Daemon({**SETTINGS, **sqlite("age.db")}) as daemon:
        deliver(daemon.smtp, ["bob@example.test"], message("old", 1))
        same("backup", run("backup", at("age.zst"), store=sqlite("age.db"))[0], 0)
    time.sleep(1.2)
    for name, args, counts in (("x.db", (), (0, 1)), ("y.db", ("--renew",), (1, 0))):
        status, done = as_json("restore", at("age.zst"), *args, store={**sqlite(name), "inbox.max_age": "1s"})
        same(f"what has expired since {' '.join(args) or 'stays away'}", (status, done["messages"], done["expired"]), (0, *counts))


def killed(title, store, count):
    """kill -9 while it restores; then again."""
    env = environment({**SETTINGS, **store, "inbox.max_messages": 1000})
    process = subprocess.Popen([BINARY, "restore", "-"], env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)
    with open(at("sqlite.zst"), "rb") as file:  # one half of it, and then it waits for more
        process.stdin.write(file.read(os.path.getsize(file.name) // 2))
        process.stdin.flush()
    until(lambda: (count() or 0) > 0)
    process.kill()
    process.wait()
    some = count()
    check(f"{title}: killed midway", 0 < some < INBOXES * EACH, some)
    status, done = as_json("restore", at("sqlite.zst"), "--merge", store={**store, "inbox.max_messages": 1000})
    same(f"{title}: --merge goes on", (status, done["known"]), (0, some))
    same(f"{title}: and all is there once", count(), done["messages"] + some)


MARKS = [{"mark": "none", "score": 0.5}, {"mark": "quarantine", "score": 7.1, "verdicts": "dnsbl \u0001"},
         {"mark": "tag", "score": 4.5}]


def marked(text):
    """A backup with what filters might have said of its messages."""
    head, rest = text.split(b"\n", 1)
    out = head + b"\n"
    for mark in MARKS:
        line, rest = rest.split(b"\n", 1)
        fields = json.loads(line)
        size = fields["size"] + fields["transcript_size"]
        whole = json.dumps({**fields, **mark}).encode() + b"\n" + rest[:size]
        out += whole + hashlib.sha256(whole).hexdigest()[:16].encode() + b"\n"
        rest = rest[size + 17:]
    return out + rest


def judged(title, store):
    """What filters said comes back, and what they quarantined is hidden from who does not ask for it."""
    with Daemon({**SETTINGS, **sqlite(f"plain-{title}.db")}) as daemon:
        for n in range(len(MARKS)):
            same(f"{title}: delivered", deliver(daemon.smtp, ["judged@example.test"], message(f"judged {n}", 1)).code, 250)
    _, saved, _ = run("backup", "-", store=sqlite(f"plain-{title}.db"))
    text = subprocess.run(["zstd", "-dc"], input=saved, capture_output=True, check=True).stdout
    file = subprocess.run(["zstd", "-c"], input=marked(text), capture_output=True, check=True).stdout
    status, _, err = run("restore", "-", stdin=file, store=store)
    same(f"{title}: restored", (status, err.count("corrupt")), (0, 0))

    def listed(*args):
        out = run("inbox", "judged", "--json", *args, store=store)[1]
        return [(each["subject"], each["mark"], each["score"]) for each in map(json.loads, out.splitlines())]

    none, quarantine, tag = [(f"judged {n}", mark["mark"], mark["score"]) for n, mark in enumerate(MARKS)]
    same(f"{title}: quarantined mail is hidden", listed(), [tag, none])
    same(f"{title}: or shown", listed("--quarantined=shown"), [tag, quarantine, none])
    same(f"{title}: or alone", listed("--quarantined", "only"), [quarantine])
    same(f"{title}: a number counts what is listed", [listed("2"), listed("2", "--quarantined=shown")], [[none], [quarantine]])
    out = run("inbox", "judged", "--quarantined=only", store=store)[1]
    check(f"{title}: the list tells", b"\t[quarantine] judged 1\t" in out, out)
    out = run("inbox", "judged", "2", "--quarantined=shown", store=store)[1]
    check(f"{title}: and so does the message", b"\nMark: quarantine, score 7.1\n" in out, out)
    with Daemon({**SETTINGS, **store}) as daemon, Api(daemon.api) as api:
        there = [(each["subject"], each["mark"], each["score"]) for each in api.messages("judged?quarantined=shown")]
        same(f"{title}: the API tells", there, [tag, quarantine, none])
        same(f"{title}: and hides", [each["mark"] for each in api.messages("judged")], ["tag", "none"])
        same(f"{title}: and refuses what it does not know", api.get("/api/v3/mailboxes/judged?quarantined=no")[0], 400)
        out = maildrop("inbox", "judged", "--quarantined=only", f"--api=http://{daemon.api}")[1]
        check(f"{title}: and so from elsewhere", b"\t[quarantine] judged 1\t" in out and out.count(b"\n") == 1, out)
    _, again, _ = run("backup", "-", store=store)
    text = subprocess.run(["zstd", "-dc"], input=again, capture_output=True, check=True).stdout
    check(f"{title}: and a backup of it has it all", b'"mark":"quarantine","score":7.0999' in text and b'"verdicts":"dnsbl \\u0001"' in text,
          text)


def interrupted():
    env = environment({**SETTINGS, **sqlite("a.db")})
    process = subprocess.Popen([BINARY, "backup", "-"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=end_with_parent)
    process.stdout.read(1)  # it is underway; and nobody reads on
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    ended = until(lambda: process.poll() is not None)
    process.kill()
    err = process.stderr.read()
    check("Ctrl-C ends a backup whose reader hangs", ended and process.wait() == 130, process.returncode)
    check("  and says what there is", b"no backup" in err, err)


from_store_to_store()
files()
ages()
judged("sqlite", sqlite("judged.db"))
with Redis(*DURABLE, name="judged") as server:
    judged("redis", {"store.url": server.url})
interrupted()
killed("sqlite", sqlite("killed.db"), lambda: as_json("purge", "--all", "-n", store=sqlite("killed.db"))[1].get("counted"))
with Redis(*DURABLE, name="killed") as server:
    to = {"store.url": server.url}
    killed("redis", to, lambda: as_json("purge", "--all", "-n", store=to)[1].get("counted"))
finish()

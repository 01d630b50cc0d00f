"""maildrop purge: each condition, questions and bars on a terminal, secure deletion, and kill -9 midway."""
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

from e2e import BINARY, WORK, Daemon, check, end_with_parent, environment, finish, maildrop, same, terminal, until
from redis import DURABLE, Redis
from smtp import Client, deliver, noise

SETTINGS = {"limits.exempt": "127.0.0.0/8", "store.compression": 0, "inbox.max_messages": 20}
INBOXES, EACH = 40, 10


def message(subject, lines=1):
    return f"From: Header <h@example.test>\r\nSubject: {subject}\r\n\r\n".encode() + noise(lines)


def fill(address, inboxes=INBOXES, each=EACH):
    with Client(address) as client:
        for n in range(inboxes):
            for i in range(each):
                code = client.deliver([f"box{n}@example.test"], message(f"number {i}", 1 + 40 * (i % 2)),
                                           sender=f"s{i}@example.test").code
                if code != 250:
                    raise RuntimeError(f"delivery refused: {code}")


def purge(*args, store=None, **more):
    """Status and the one object."""
    status, out, err = maildrop("purge", *args, "--json", settings={**SETTINGS, **(store or {})}, **more)
    try:
        return status, json.loads(out)
    except ValueError:
        return status, {"out": out, "err": err}


def count(store=None, *args):
    return purge(*(args or ("--all",)), "-n", store=store)[1].get("counted")


def usage(store):
    cases = ((64, []), (64, ["--all"]), (64, ["--all", "bob", "--yes"]), (64, ["--all", "--older", "1d", "--yes"]),
             (64, ["--older", "7", "--yes"]), (64, ["--match", "body=x", "--yes"]), (64, ["--source", "nowhere", "-n"]),
             (64, ["--larger", "big", "-n"]), (64, ["--all", "-n", "--yes"]), (67, ["not a name", "--yes"]), (0, ["--help"]))
    for want, args in cases:
        status, out, err = maildrop("purge", *args, settings={**SETTINGS, **store})
        same(f"status {want}: maildrop purge {' '.join(args)}", status, want)
        if want:
            check("  says why on stderr, nothing on stdout", err.strip() and not out, (out[:200], err))
    status, _, err = maildrop("purge", settings={**SETTINGS, **store})
    check("without any condition it says what it needs", "--all" in err and "--older" in err, err)


def conditions(store, title):
    everything = INBOXES * EACH
    same(f"{title}: all are counted", count(store), everything)
    for args, want in ((("box1", "BOX2@example.test"), 2 * EACH), (("--older", "1h"), 0), (("--older", "0"), everything),
                       (("--match", "subject=NUMBER 3"), INBOXES), (("--match", "from=s[3]@*"), 0),
                       (("--match", "from=s?@example.test"), everything), (("--match", "to=box7@*"), EACH),
                       (("--match", "header_from=*h@example.test*"), everything), (("--match", "helo=nobody"), 0),
                       (("--source", "127.0.0.0/8"), everything), (("--source", "192.0.2.0/24"), 0),
                       (("--larger", "2KiB"), everything // 2), (("--over-quota",), 0),
                       (("box3", "--larger", "2KiB", "--match", "subject=number 1"), 1)):
        same(f"{title}: -n {' '.join(args)}", count(store, *args), want)
    same(f"{title}: -n removes nothing", count(store), everything)
    lowered = {**store, "inbox.max_messages": 4}
    same(f"{title}: over quota is what a lowered cap hides", count(lowered, "--over-quota"), INBOXES * (EACH - 4))
    lowered = {**store, "inbox.max_age": "1s"}
    time.sleep(1.1)
    same(f"{title}: and what has expired", count(lowered, "--over-quota"), everything)
    status, done = purge("box3", "--larger", "2KiB", "--yes", store=store)
    check(f"{title}: it removes what it counted", (status, done["counted"], done["removed"], done["inboxes"]) == (0, 5, 5, 1), done)
    check(f"{title}: and rids the files of it", done["wal_truncated"] is True and done["error"] is None, done)
    same(f"{title}: the rest is there", count(store), everything - 5)
    status, out, _ = maildrop("purge", "box3", "--yes", settings={**SETTINGS, **store})
    check(f"{title}: in words", status == 0 and out.startswith(b"5 messages in 1 inbox, ") and b"removed 5 of 5" in out, out)
    status, out, _ = maildrop("purge", "box3", "--yes", settings={**SETTINGS, **store})
    check(f"{title}: a second time there is nothing to do", (status, out) == (0, b"0 messages\n"), out)
    same(f"{title}: an inbox of it is empty", maildrop("inbox", "box3", settings={**SETTINGS, **store})[0], 1)


def on_terminal(args, answer, store):
    """What a terminal shows, and the status."""
    settings = {"store.url": f"sqlite:{WORK}/mail.db", **SETTINGS, **store}
    return terminal(["purge", *args], settings, answers={b"[y/N] ": answer})


def on_a_terminal(store):
    before = count(store)
    status, shown = on_terminal(["box1"], b"\n", store)
    check("on a terminal it asks; Enter is no", status == 1 and b"Remove them? [y/N]" in shown, (status, shown))
    same("and nothing went", count(store), before)
    status, shown = on_terminal(["box1"], b"\x03", store)
    check("Ctrl-C at the question: 130", status == 130, (status, shown))
    same("and nothing went", count(store), before)
    status, shown = on_terminal(["box1"], b"y\n", store)
    check("y removes", status == 0 and b"removed 10 of 10" in shown, (status, shown))
    check("with a bar, wiped at the end", b"\r[#" in shown and b"100%  10 of 10" in shown and b"\r\x1b[K" in shown, shown)
    same("ten are gone", count(store), before - EACH)
    status, _, _ = maildrop("purge", "box2", "--yes", settings={**SETTINGS, **store})
    same("without one --yes is enough", status, 0)


def starts(args, store):
    return subprocess.Popen([BINARY, "purge", *args], env=environment({"store.url": f"sqlite:{WORK}/mail.db", **SETTINGS, **store}),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=end_with_parent)


def interrupted(store, title):
    before = count(store)
    running = starts(["--all", "--yes", "--json"], store)
    until(lambda: running.poll() is not None or count(store) < before, 20, 0.005)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    if running.returncode == 0:
        print(f"  --   {title}: it was done before it could be interrupted")
        return
    done = json.loads(out)
    check(f"{title}: Ctrl-C ends it with 130, and it says how far it came",
          running.returncode == 130 and done["interrupted"] and 0 < done["removed"] < before, (running.returncode, done, err))
    same(f"{title}: the rest is there", count(store), before - done["removed"])


def is_whole(path):
    """The totals of a SQLite store, and its bodies, are those of its messages."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    one = lambda sql: db.execute(sql).fetchone()
    same("the totals are right", one("SELECT inboxes, messages FROM total"),
         one("SELECT count(DISTINCT inbox), count(*) FROM message"))
    same("no inbox without messages", one("SELECT count(*) FROM inbox WHERE id NOT IN (SELECT inbox FROM message)")[0], 0)
    same("no body without a message",
         one("SELECT count(*) FROM body WHERE dictionary>=0 AND id NOT IN (SELECT body FROM message)")[0], 0)
    same("no part without its body", one("SELECT count(*) FROM body WHERE dictionary<0 AND id-1 NOT IN (SELECT id FROM body)")[0], 0)
    same("no message without a body", one("SELECT count(*) FROM message WHERE body NOT IN (SELECT id FROM body)")[0], 0)
    same("integrity", one("PRAGMA integrity_check")[0], "ok")
    db.close()


def killed(title, victim, store, path):
    """kill -9 of `victim` (purge or daemon) while a purge goes on."""
    with Daemon({**SETTINGS, **store}) as daemon:
        fill(daemon.smtp)
        before = count(store)
        running = starts(["--larger", "2KiB", "--yes", "--json"], store)
        until(lambda: running.poll() is not None or count(store) < before, 20, 0.005)
        (running if victim == "purge" else daemon.process).kill()
        running.communicate(timeout=60)
        if victim == "daemon":
            check(f"{title}: purge goes on without the daemon", running.returncode in (0, 69, 75), running.returncode)
            daemon.kill()
        else:
            same(f"{title}: mail is taken", deliver(daemon.smtp, ["late@example.test"], message("late")).code, 250)
            daemon.stop()
    if path:
        is_whole(path)
    same(f"{title}: what was not chosen is there", count(store, "--match", "subject=number 2"), INBOXES)
    status, done = purge("--all", "--yes", store=store)
    check(f"{title}: and all of the rest can be removed", status == 0 and done["removed"] == done["counted"] and count(store) == 0, done)


def secure():
    """The bytes of what was removed are in no file."""
    store = {"store.url": f"sqlite:{WORK}/secure/mail.db"}
    os.makedirs(f"{WORK}/secure", exist_ok=True)
    marks = {f"marker-{n}-{os.urandom(8).hex()}" for n in range(30)}

    def left():
        whole = b"".join(open(name, "rb").read() for name in glob.glob(f"{WORK}/secure/*") if os.path.isfile(name))
        return {mark for mark in marks if mark.encode() in whole}

    with Daemon({**SETTINGS, **store}) as daemon:
        fill(daemon.smtp, 5)
        for n, mark in enumerate(marks):
            deliver(daemon.smtp, [f"m{n}@example.test"], message(mark, 300) + mark.encode() + b"\r\n")
        same("the marks are in the files", left(), marks)
        reader = sqlite3.connect(f"{WORK}/secure/mail.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        status, done = purge("--match", "subject=marker-*", "--yes", store=store)
        check("a reader that holds a snapshot: it is told", (status, done["removed"], done["wal_truncated"]) == (0, 30, False), done)
        reader.execute("COMMIT")
        reader.close()
        status, done = purge("box0", "--yes", store=store)
        check("and when it has gone", (status, done["removed"], done["wal_truncated"]) == (0, EACH, True), done)
        same("nothing of them is in any file", left(), set())
        daemon.stop()


def sqlite():
    store = {}
    with Daemon(SETTINGS) as daemon:
        fill(daemon.smtp)
        conditions(store, "SQLite, a daemon runs")
        on_a_terminal(store)
        interrupted(store, "SQLite, a daemon runs")
        daemon.stop()
    is_whole(f"{WORK}/mail.db")
    usage(store)
    purge("--all", "--yes")
    with Daemon(SETTINGS) as daemon:
        fill(daemon.smtp)
        daemon.stop()
    conditions(store, "SQLite, no daemon")
    interrupted(store, "SQLite, no daemon")
    is_whole(f"{WORK}/mail.db")
    same("no store there: 66", maildrop("purge", "--all", "--yes", settings={"store.url": f"sqlite:{WORK}/none/none.db"})[0], 66)
    for victim in ("purge", "daemon"):
        path = f"{WORK}/{victim}.db"
        killed(f"SQLite, kill -9 of the {victim}", victim, {"store.url": f"sqlite:{path}"}, path)


def redis_total(server):
    """messages of the total, and of all lists."""
    ask = lambda *words: subprocess.run(["redis-cli", "-s", server.path, *words], capture_output=True, text=True).stdout.split()
    lists = [key for key in ask("KEYS", "maildrop:{*")]
    return int((ask("HGET", "maildrop:total", "messages") or ["0"])[0]), sum(int(ask("LLEN", key)[0]) for key in lists)


def redis():
    if not shutil.which("redis-server"):
        print("  --   no redis-server: not tried on Redis")
        return
    with Redis(*DURABLE) as server:
        store = {"store.url": server.url}
        with Daemon({**SETTINGS, **store}) as daemon:
            fill(daemon.smtp)
            conditions(store, "Redis, a daemon runs")
            daemon.stop()
        interrupted(store, "Redis, no daemon")
        if shutil.which("redis-cli"):
            same("Redis: the totals are right", *redis_total(server))
        purge("--all", "--yes", store=store)
        killed("Redis, kill -9 of purge", "purge", store, None)
        if shutil.which("redis-cli"):
            same("Redis: the totals are right", *redis_total(server))


if __name__ == "__main__":
    sqlite()
    secure()
    redis()
    finish()

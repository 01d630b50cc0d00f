"""A log in files of a bounded size, folded, with levels by module; and what it knows of one session."""
import fcntl
import glob
import json
import os
import re
import signal
import subprocess

from e2e import BINARY, WORK, Daemon, check, environment, finish, same, terminal, until
from smtp import Client, deliver

MESSAGE = b"Subject: logged\r\n\r\nbody\r\n"
LOG = f"{WORK}/maildrop.log"
FILE = {"log.file": LOG}


def session(*arguments, settings=None, text=None):
    """Status, output and error of `maildrop session`."""
    done = subprocess.run([BINARY, "session", *arguments], env=environment(FILE if settings is None else settings),
                          input=text, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def lines(pattern=""):
    """Of all files, oldest first."""
    names = sorted(glob.glob(LOG + "*"), key=lambda name: -int(name[len(LOG) + 1:] or 0))
    found = []
    for name in names:
        with open(name, encoding="utf-8") as file:
            found += [line for line in file.read().splitlines() if re.search(pattern, line)]
    return found


def refuse(daemon, times=1):
    """One who names nobody, so many times; the id that replies end in."""
    with Client(daemon.smtp) as client:
        client.cmd("EHLO client.example")
        client.cmd("MAIL FROM:<a@example.org>")
        replies = [client.cmd(f"RCPT TO:<no where {'x' * 200}>") for _ in range(times)]
        return re.search(r"\[(\w+)\]$", replies[-1].lines[-1])[1]


def started(settings):
    """A daemon whose log is in files: what it says when it starts is taken from there."""
    before = len(lines())
    daemon = Daemon({**FILE, **settings}, wait=False)
    until(lambda: any(" ready " in line for line in lines()[before:]))
    daemon.lines += lines()[before:]
    return daemon


def found_again():
    with started({}) as daemon:
        check("standard error says where the log goes on", daemon.wait_for(r"info the log goes on file=\S+/maildrop\.log$"))
        refused = refuse(daemon)
        stored = deliver(daemon.smtp, ["bob@example.test"], MESSAGE).lines[-1].split()[-1]
        until(lambda: len(lines(r"info session ")) == 2)
        status, out, _ = session(f"[{refused}]")
        told = out.splitlines()
        same("what somebody quotes is found", (status, len(told)), (0, 3))
        check("with who it was", re.match(rf"session {refused} of 127\.0\.0\.1, 20..-..-.. \(UTC\)$", told[0]), out)
        check("what he wanted", re.search(r' recipient from=a@example\.org argument="TO:<no where x+>" result=refused code=501 ', told[1]), out)
        check("and how it ended", re.search(r" session helo=\S+ .* refused=1 reason=syntax end=\w+ ms=\d+$", told[2]), out)
        status, out, _ = session(stored, "--json")
        told = [json.loads(line) for line in out.splitlines()]
        same("a message tells of its session", [(line["event"], line["fields"].get("result")) for line in told], [("message", "stored"), ("session", None)])
        same("in one schema", {line["schema"] for line in told}, {"maildrop.log/1"})
        with open(LOG, encoding="utf-8") as file:
            text = file.read()
    status, out = terminal(["session", refused], FILE)
    check("on a terminal, too, in bold", status == 0 and b"\x1b[1m" + refused.encode() in out, out)
    same("with the words by which its mail is shown, safe for a shell", terminal(["session", stored], FILE)[1].splitlines()[-1],
         f"maildrop inbox 'bob' '{stored}' --why".encode())
    with open(LOG, encoding="utf-8") as file:
        around = "x" * 100_000 + f" session={refused}\n" + file.read() + f"{refused} " * 10_000
    same("lines that are too long are none of ours", session(refused, "--log", "-", settings={}, text=around)[1], session(refused)[1])
    same("of a pipe", subprocess.run(["sh", "-c", f"cat {LOG} | {BINARY} session {stored} --log /dev/stdin"], env=environment(),
                                     capture_output=True, text=True, timeout=30).stdout, session(stored)[1])
    same("of what a container wrote", session(refused, "--log", "-", settings={}, text=text)[1], session(refused)[1])
    same("nobody knows another one", session("0000000000")[::2],
         (1, "maildrop: the log knows nothing of '0000000000' (maildrop-session(1) says why that may be)\n"))
    same("nor what was before", session(refused, "--since=2999-01-01")[0], 1)
    for arguments, wanted in ((["../x"], 64), ([""], 64), (["[]"], 64), ([refused, "--since=soon"], 64), ([refused, "--log=x", "--journal"], 64),
                              ([refused, f"--log={WORK}/none"], 69)):
        status, _, error = session(*arguments)
        check(f"{arguments} is {wanted}", status == wanted and error.startswith("maildrop: "), (status, error))


def bounded():
    """Two processes fill one log; one of them is told to say less, and the other says more than it may hold."""
    size, files = 65536, 3
    for name in glob.glob(LOG + "*"):
        os.remove(name)
    small = {"log.file_size": f"{size >> 10}KiB", "log.files": files, "log.repeats": 0}
    with started({**small, "log.levels": "smtp=error"}) as quiet, started({**small, "store.url": f"sqlite:{WORK}/other.db"}) as daemon:
        refuse(quiet)
        refuse(daemon)
        until(lambda: lines(" info session "))
        same("a module may be told to say less", len(lines(" info (session|recipient) ")), 2)
        for _ in range(100):
            refuse(daemon, 15)
        held = {name: os.path.getsize(name) for name in glob.glob(LOG + "*")}
        same("more was said, and there are as many files as there may be", sorted(held), [LOG, f"{LOG}.1", f"{LOG}.2"])
        check("none of them larger than it may be", max(held.values()) <= size, held)
        check("each line is whole", all(re.match(r"20\S+Z \w+ \w", line) for line in lines()))
        os.rename(LOG, f"{WORK}/kept")
        quiet.signal(signal.SIGHUP)
        check("whoever renames it needs to tell nobody", until(lambda: os.path.exists(LOG) and lines(" info reloaded")))
        quiet.stop(), daemon.stop()


def folded():
    with started({"store.url": "memory:"}) as daemon:
        before = len(lines())
        for _ in range(15):
            refuse(daemon)
        daemon.stop()
    new = lines()[before:]
    same("ten of a kind are written, and how many more", len([line for line in new if " info session " in line]), 11)
    check("with their number", any(re.search(r" info session session=\w+ .* repeated=5$", line) for line in new), new[-5:])


def away():
    """No folder for it: mail is taken all the same, standard error hears it, and the log is there when it can be."""
    folder = f"{WORK}/later"
    with Daemon({"log.file": f"{folder}/log", "store.url": "memory:", "smtp.listen": f"unix:{WORK}/smtp"}, wait=False) as daemon:
        check("standard error hears why", daemon.wait_for(r"error the log is lost error=.*No such file"))
        same("and mail is taken", until(lambda: os.path.exists(f"{WORK}/smtp")) and
             deliver(f"unix:{WORK}/smtp", ["bob@example.test"], MESSAGE).code, 250)
        check("it hears how many lines were lost, too", daemon.wait_for(r"warning log lines were lost lines=\d+$", 15))
        os.mkdir(folder)
        deliver(f"unix:{WORK}/smtp", ["bob@example.test"], MESSAGE)
        check("with its folder the log is there", until(lambda: os.path.exists(f"{folder}/log") and " info message " in open(f"{folder}/log").read()))
        with open(f"{folder}/log") as held:
            fcntl.flock(held, fcntl.LOCK_SH)  # whoever may read it may do that
            for _ in range(20):
                deliver(f"unix:{WORK}/smtp", ["bob@example.test"], MESSAGE)
            check("nobody holds it up", until(lambda: open(f"{folder}/log").read().count(" info message ") == 21))


found_again()
away()
bounded()
folded()
finish()

"""maildrop replay: recorded mail arrives as it was, is tried again when it must be, and nothing is lost silently."""
import gzip
import json
import mailbox
import os
import re
import signal
import socket
import subprocess
import tarfile
import threading

from e2e import (BINARY, WORK, Api, Daemon, check, end_with_parent, environment, finish, maildrop, same, terminal, until,
                 without_trace)
from smtp import crlf

COUNT = 24
SETTINGS = {"limits.exempt": "127.0.0.0/8", "mail.domains": "*"}
RECEIVED = "Received: from mail.old.example (relay.old.example [203.0.113.{n}])\r\n\tby mx.test; Thu, 26 Nov 2026 10:00:00 +0000\r\n"


def message(n, kind):
    """Recorded bytes, CRLF. Dots, 8 bits, a line of its own for From, and no newline at the end are among them."""
    body = [b"plain\r\n", b".\r\n..\r\n.x\r\n", "8 bits: \u00fc\r\n".encode(), b"no end", b"x" * 2000 + b"\r\n", b"\r\n\r\n"][n % 6]
    head = f"Delivered-To: {kind}{n}@example.test\r\nFrom: a@b.example\r\nSubject: {kind} {n}\r\n\r\n"
    return head.encode() + body


def record():
    """The same mail as files, as an mbox and as a Maildir; what each inbox is to get."""
    wanted = {}
    os.makedirs(f"{WORK}/files/more", exist_ok=True)
    box, folder = mailbox.mbox(f"{WORK}/old.mbox"), mailbox.Maildir(f"{WORK}/Maildir")
    for n in range(COUNT):
        for kind in ("file", "mbox", "dir"):
            raw = message(n, kind)
            wanted[f"{kind}{n}"] = crlf(raw)
            local = raw.replace(b"\r\n", b"\n")
            if kind == "file":
                with open(f"{WORK}/files/{'more/' if n % 2 else ''}{n:02}.eml", "wb") as out:
                    out.write(raw if n % 3 else local)
            else:
                (box if kind == "mbox" else folder).add(local)
    box.flush()
    box.close()
    return wanted


def run(*args, to, **more):
    """Status, the JSON object, stderr."""
    status, out, err = maildrop("replay", "--to", to, "--json", *args, **more)
    try:
        return status, json.loads(out), err
    except ValueError:
        return status, {}, err


def starts(*args, to, stdin=subprocess.DEVNULL):
    return subprocess.Popen([BINARY, "replay", "--to", to, "--json", *args], env=environment(), stdin=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=end_with_parent)


def stored(store):
    status, out, _ = maildrop("purge", "--all", "-n", "--json", settings=store)
    return json.loads(out)["counted"] if status == 0 else 0


def all_there(title, api, wanted):
    got = {name: without_trace(api.only(name)) for name in wanted}
    wrong = [name for name in wanted if got[name] != wanted[name]]
    check(f"{title}: each inbox has its message, byte by byte", not wrong, [(n, got[n], wanted[n]) for n in wrong[:2]])


def round_trip(wanted):
    sources = [f"{WORK}/files", f"{WORK}/old.mbox", f"{WORK}/Maildir"]
    with Daemon(SETTINGS) as daemon, Api(daemon.api) as api:
        status, done, err = run(*sources, to=daemon.smtp)
        check("files, mbox and Maildir are imported", (status, done.get("accepted"), err) == (0, 3 * COUNT, ""), (status, done, err))
        same("over one connection", done["connections"], 1)
        same("stored is what the replies say", done["replies"], {"250 2.0.0 stored as *": 3 * COUNT})
        all_there("imported", api, wanted)
        daemon.stop()
    if b"--export" not in maildrop("inbox", "--help")[1]:
        print("  --   no inbox --export: its mbox is not tried")
        return
    with open(f"{WORK}/export.mbox", "wb") as out:
        for name in wanted:
            out.write(maildrop("inbox", name, "--export=mbox", "-o", "-")[1])
    second = {**SETTINGS, "store.url": f"sqlite:{WORK}/second.db"}
    with Daemon(second) as daemon, Api(daemon.api) as api:
        status, done, err = run(f"{WORK}/export.mbox", to=daemon.smtp)
        check("what was exported is imported", (status, done.get("accepted")) == (0, 3 * COUNT), (status, done, err))
        got = {name: api.only(name) or b"" for name in wanted}
        wrong = [name for name in wanted if not got[name].endswith(wanted[name])]
        check("exported: the same in the same inboxes", not wrong, [(n, got[n], wanted[n]) for n in wrong[:2]])
        daemon.stop()


def packed(wanted):
    """The same files in an archive and the same mbox, packed; then all of it out of the store, and out of a backup of it."""
    with tarfile.open(f"{WORK}/files.tar", "w") as tar:
        tar.add(f"{WORK}/files", "easy_ham", filter=lambda entry: entry if entry.name != "easy_ham/more" else None)
        tar.add(f"{WORK}/files/more", "spam_2")
    subprocess.run(["zstd", "-q", "--rm", f"{WORK}/files.tar"], check=True)
    with open(f"{WORK}/old.mbox", "rb") as old, gzip.open(f"{WORK}/old.mbox.gz", "wb") as out:
        out.write(old.read())
    with open(f"{WORK}/known.csv", "w", encoding="utf-8") as out:
        out.write('name,label,peer,helo,from\n"old.mbox.gz:1",spam,203.0.113.77,box.example,known@b.example\nnobody,ham,,,\n')
    expected = {name: raw for name, raw in wanted.items() if not name.startswith("dir")}
    first, trust = f"sqlite:{WORK}/packed.db", {"xclient.networks": "127.0.0.1", "limits.exempt": ""}
    with Daemon({**SETTINGS, **trust, "store.url": first, "inbox.max_messages": 1000}) as daemon, Api(daemon.api) as api:
        status, done, err = run("--xclient", "--label-by-folder", "--manifest", f"{WORK}/known.csv", f"{WORK}/files.tar.zst", f"{WORK}/old.mbox.gz", to=daemon.smtp)
        check("tar.zst and mbox.gz are imported", (status, done.get("accepted")) == (0, 2 * COUNT), (status, done, err))
        all_there("packed", api, expected)
        same("folders and the manifest say what is spam", done["labels"], {"spam": COUNT // 2 + 1, "ham": COUNT // 2})
        check("and of whom nothing came", done["unmatched"] == 1 and "names 'nobody'" in err, (done, err))
        known = api.messages("mbox0")[0]
        same("whose mail it is the manifest tells, too", (known["peer"], known["helo"], known["from"]), ("203.0.113.77", "box.example", "known@b.example"))
        with subprocess.Popen(["zstd", "-dcq", f"{WORK}/files.tar.zst"], stdout=subprocess.PIPE) as plain:
            status, out, err = maildrop("replay", "--to", daemon.smtp, "--rcpt", "again@example.test", "--json", "-", stdin=plain.stdout.read())
        check("an archive on standard input", (status, json.loads(out)["accepted"]) == (0, COUNT), (status, out, err))
        with Daemon({**SETTINGS, **trust, "store.url": f"sqlite:{WORK}/again.db", "inbox.max_messages": 1000}) as second, Api(second.api) as other:
            status, done, err = run("--xclient", f"store:{first}", "--inbox", "mbox0", "--inbox", "file1", to=second.smtp)
            check("a store that is in use is read, some inboxes", (status, done.get("accepted")) == (0, 2), (status, done, err))
            found = other.messages("mbox0")[0]
            same("with the envelope and client of the session", [found[key] for key in ("peer", "helo", "from", "to")], [known[key] for key in ("peer", "helo", "from", "to")])
            status, out, err = maildrop("backup", f"{WORK}/packed.zst", settings={"store.url": first, "inbox.max_messages": 1000})
            status, done, err = run("--connections", "8", f"{WORK}/packed.zst", to=second.smtp)
            check("so is a backup of it", (status, done.get("accepted")) == (0, 3 * COUNT), (status, done, err))
            got = {name: other.messages(name) for name in expected}
            check("all are where they were", all(len(each) >= 1 for each in got.values()), [name for name in got if not got[name]])
            second.stop()
        daemon.stop()
    with open(f"{WORK}/cut.tar.zst", "wb") as out, open(f"{WORK}/files.tar.zst", "rb") as whole:
        out.write(whole.read()[:300])
    status, done, err = run(f"{WORK}/cut.tar.zst", to="127.0.0.1:1")
    check("one that is cut off: 65, and named", status == 65 and "cannot read" in done["troubles"][0]["what"], (status, done, err))


def whose_mail():
    """Three messages of two clients, and one of nobody."""
    with open(f"{WORK}/clients.mbox", "wb") as out:
        for n, peer in enumerate((7, 8, 8, None)):
            head = RECEIVED.format(n=peer).replace("\r\n", "\n") if peer else ""
            out.write(f"From a@b.example Thu Nov 26 10:00:00 2026\nDelivered-To: client{n}@example.test\n{head}Subject: x\n\nbody\n\n".encode())
    for option, settings in (("--proxy", {"proxy.networks": "127.0.0.1"}), ("--xclient", {"xclient.networks": "127.0.0.1"})):
        store = {"store.url": f"sqlite:{WORK}/clients{option}.db", "limits.exempt": "", **settings}
        with Daemon({**SETTINGS, **store}) as daemon, Api(daemon.api) as api:
            status, done, err = run(option, f"{WORK}/clients.mbox", to=daemon.smtp)
            check(f"{option}: all are taken", (status, done.get("accepted"), done.get("connections")) == (0, 4, 3), (status, done, err))
            found = [(api.messages(f"client{n}") or [{}])[0] for n in range(4)]
            same(f"{option}: from the recorded clients", [each.get("peer") for each in found],
                 ["203.0.113.7", "203.0.113.8", "203.0.113.8", "127.0.0.1"])
            check(f"{option}: with their HELO", [each.get("helo") for each in found[:3]] == ["mail.old.example"] * 3, found)
            status, done, err = run(option, "--helo", "own.test", f"{WORK}/clients.mbox", to=daemon.smtp)
            same(f"{option}: unless it is given", api.messages("client0")[0].get("helo"), "own.test")
            daemon.stop()
    with Daemon(SETTINGS) as daemon:
        status, done, err = run("--xclient", f"{WORK}/clients.mbox", to=daemon.smtp)
        check("a server that does not offer XCLIENT gets none of these", (status, done["accepted"], done["broken"]) == (1, 1, 3), (status, done, err))
        check("and it is told why", "does not offer XCLIENT" in err, err)
        daemon.stop()


class Busy:
    """A server on loopback that says 452 to the first `count` final dots."""

    def __init__(self, count):
        self.left, self.taken = count, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        lines = peer.makefile("rb")
        peer.sendall(b"220 busy\r\n")
        for line in lines:
            if line.startswith(b"DATA"):
                peer.sendall(b"354 go\r\n")
                while next(lines) != b".\r\n":
                    pass
                self.left, busy = self.left - 1, self.left > 0
                self.taken += not busy
                peer.sendall(b"452 4.3.1 no room\r\n" if busy else b"250 2.0.0 ok\r\n")
            else:
                peer.sendall(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250-busy\r\n250 8BITMIME\r\n" if line.startswith(b"EHLO") else b"250 ok\r\n")


def busy():
    server = Busy(2)
    status, done, err = run(f"{WORK}/files", to=server.address)
    check("a busy server is tried again until it takes all", (status, done["accepted"], done["retries"]) == (0, COUNT, 2), (status, done, err))
    same("452 is told among the replies", done["replies"], {"250 2.0.0 ok": COUNT, "452 4.3.1 no room": 2})
    same("and all are there", server.taken, COUNT)
    server.left = 10**6
    status, done, err = run("--retry", "0", f"{WORK}/files", to=server.address)
    check("one that stays busy: 75, and none is taken", (status, done["deferred"], done["accepted"]) == (75, COUNT, 0), (status, done))
    check("20 are named, and how many more", err.count(".eml: 452 4.3.1 no room\n") == 20 and f"... and {COUNT - 20} more" in err, err)


def load():
    store = {"store.url": f"sqlite:{WORK}/load.db", "inbox.max_messages": 1000}
    with Daemon({**SETTINGS, **store}) as daemon:
        status, done, err = run("--connections", "8", "--reuse", "5", "--repeat", "20", f"{WORK}/files", to=daemon.smtp)
        check("load: all are taken", (status, done.get("accepted")) == (0, 20 * COUNT), (status, done, err))
        check("over new connections all the time", 20 * COUNT // 5 <= done["connections"] <= 20 * COUNT // 5 + 8, done["connections"])
        same("and stored", stored(store), 20 * COUNT)
        check("with latencies", 0 < done["message_ms"]["p50"] <= done["message_ms"]["p99"] <= done["message_ms"]["max"], done["message_ms"])
        status, done, err = run("--repeat", "20", "--limit", "30", "--rcpt", "one@example.test", "--rcpt", "two@example.test", f"{WORK}/files", to=daemon.smtp)
        check("a limit, and other recipients", (status, done["accepted"], done["recipients"]) == (0, 30, 60), (status, done, err))
        status, shown = terminal(["replay", "--to", daemon.smtp, "--rate", "100", f"{WORK}/files"], {})
        check("on a terminal it shows how far it is", status == 0 and re.search(rb"\r\d+ accepted, \d+ a second\x1b\[K", shown), (status, shown))
        check("and then the report", b"24 messages to 127.0.0.1:" in shown and b"\r\x1b[K" in shown, shown)
        daemon.stop()


def interrupted():
    store = {"store.url": f"sqlite:{WORK}/interrupted.db", "inbox.max_messages": 1000}
    with Daemon({**SETTINGS, **store}) as daemon:
        running = starts("--repeat", "100000", "--connections", "3", f"{WORK}/files", to=daemon.smtp)
        until(lambda: stored(store) > 20, 20)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        done = json.loads(out)
        check("Ctrl-C: 130 and the report so far", running.returncode == 130 and done["interrupted"] and done["accepted"] > 20, (running.returncode, out, err))
        same("which is what was stored", stored(store), done["accepted"])
        daemon.stop()


def interrupted_waiting():
    """An mbox on standard input that does not go on: what it has whole is sent, and a signal ends the run."""
    line = b"From a@b.example Thu Nov 26 10:00:00 2026\n"
    head = b"Delivered-To: waits@example.test\nSubject: x\n\n"
    store = {"store.url": f"sqlite:{WORK}/waits.db"}
    with Daemon({**SETTINGS, **store}) as daemon:
        for number in signal.SIGINT, signal.SIGTERM:
            before = stored(store)
            running = starts("-", to=daemon.smtp, stdin=subprocess.PIPE)
            running.stdin.write(line + head + b"whole\n\n" + line + head + b"half\n" * 1000)
            running.stdin.flush()
            check(f"{number.name}: the first is sent", until(lambda: stored(store) > before, 20))
            running.send_signal(number)
            status = running.wait(timeout=60)
            out, err = running.stdout.read(), running.stderr.read()
            done = json.loads(out)
            check(f"{number.name}: 130, and no half of a message", (status, done["accepted"], done["broken"]) == (130, 1, 1), (status, out, err))
            check(f"{number.name}: which is named", b"cannot read '-': given up" in err, err)
            running.stdin.close()
        daemon.stop()


def killed():
    """kill -9 of the daemon, and another one in its place."""
    store = {"store.url": f"sqlite:{WORK}/killed.db", "inbox.max_messages": 1000}
    names = [f"k{n}" for n in range(2000)]
    with open(f"{WORK}/many.mbox", "wb") as out:
        for name in names:
            out.write(f"From a@b.example Thu Nov 26 10:00:00 2026\nDelivered-To: {name}@example.test\nSubject: {name}\n\nbody\n\n".encode())
    with Daemon({**SETTINGS, **store}) as daemon:
        address = daemon.smtp
        running = starts("--connections", "4", "--retry", "6", f"{WORK}/many.mbox", to=address)
        until(lambda: stored(store) > 100, 20)
        daemon.process.kill()
        daemon.process.wait()
    check("the daemon is killed midway", running.poll() is None)
    with Daemon({**SETTINGS, **store, "smtp.listen": address}) as daemon, Api(daemon.api) as api:
        out, err = running.communicate(timeout=120)
        done = json.loads(out)
        check("the next one takes the rest", (running.returncode, done["accepted"]) == (0, len(names)), (running.returncode, out, err))
        check("some were tried again", done["retries"] > 0, done)
        missing = [name for name in names if not api.messages(name)]
        check("no message is missing", not missing, missing[:5])
        check("as many or more are stored as were accepted", stored(store) >= done["accepted"], (stored(store), done))
        before = stored(store)
        running = starts("--repeat", "100000", "--connections", "4", "--retry", "1", f"{WORK}/many.mbox", to=address)
        until(lambda: stored(store) > before + 100, 20)
        daemon.process.kill()
        daemon.process.wait()
        out, err = running.communicate(timeout=60)
        done = json.loads(out)
        check("without a next one it gives up: 75", running.returncode == 75 and done["server_gone"], (running.returncode, out, err))
        check("says so, and names what was lost", b"nobody answers" in err and 0 < done["lost"], (done, err))
        same("and counts all that it read", done["messages"], sum(done[k] for k in ("accepted", "deferred", "refused", "lost", "broken", "unsent")))
    check("all that it counts as accepted was stored", stored(store) >= before + done["accepted"], (before, stored(store), done))


def other_ends(wanted):
    unix = f"{WORK}/lmtp.sock"
    store = {"store.url": f"sqlite:{WORK}/lmtp.db", "lmtp.listen": f"unix:{unix}"}
    with Daemon({**SETTINGS, **store, "mail.domains": "example.test"}) as daemon, Api(daemon.api) as api:
        status, done, err = run("--lmtp", f"{WORK}/files", to=f"unix:{unix}")
        check("LMTP over a unix socket", (status, done.get("accepted")) == (0, COUNT), (status, done, err))
        all_there("LMTP", api, {name: raw for name, raw in wanted.items() if name.startswith("file")})
        status, done, err = run("--rcpt", "x@elsewhere.test", "--limit", "3", f"{WORK}/files", to=daemon.smtp)
        check("refused for good: 1, not tried again, and named", (status, done["refused"], done["tries"]) == (1, 3, 3) and "relaying denied" in err, (status, done, err))
        with open(f"{WORK}/old.mbox", "rb") as old:
            status, out, err = maildrop("replay", "--to", daemon.smtp, "-q", "-", stdin=old.read())
        same("standard input, quietly", (status, out, err), (0, b"", ""))
        daemon.stop()
    same("nobody is there: 69", run("--retry", "0", f"{WORK}/files", to=f"unix:{unix}")[0], 69)
    same("nor by TCP", run("--retry", "0", f"{WORK}/files", to="127.0.0.1:1")[0], 69)
    os.makedirs(f"{WORK}/broken", exist_ok=True)
    with open(f"{WORK}/broken/\x1b[2J.eml", "w", encoding="utf-8") as out:
        out.write("Subject: nobody\n\nbody\n")
    status, _, err = run(f"{WORK}/broken", to="127.0.0.1:1")
    check("nothing that can be sent: 65, named without ESC", status == 65 and "no recipient is known" in err and "\x1b" not in err, (status, err))
    for want, args in ((64, ["--rate", "5", f"{WORK}/files"]), (64, ["--to", "192.0.2.1:25", f"{WORK}/files"]), (64, ["--to", "mx.example.org:25", f"{WORK}/files"]),
                       (64, ["--to", "192.0.2.1:25", "--allow-remote", f"{WORK}/files"]), (66, ["--to", "127.0.0.1:1", f"{WORK}/nothing"]), (0, ["--help"])):
        status, out, err = maildrop("replay", *args)
        same(f"status {want}: maildrop replay {' '.join(args)}", status, want)
        check("  says why", want == 0 or err.strip() and not out, (out, err))


if __name__ == "__main__":
    all_of_it = record()
    round_trip(all_of_it)
    packed(all_of_it)
    whose_mail()
    busy()
    load()
    interrupted()
    interrupted_waiting()
    killed()
    other_ends(all_of_it)
    finish()

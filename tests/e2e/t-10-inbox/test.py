"""maildrop inbox, as people and scripts use it: on the store itself and over HTTP."""
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from e2e import BINARY, WORK, Api, Daemon, check, environment, finish, maildrop, same, terminal, until, without_trace
from smtp import Client, deliver

ENCODED = "=?utf-8?B?Z3LDvMOfZQ==?="  # gruesse with umlaut and sharp s
EVIL = ("\x1b]52;c;ZXZpbA==\x07", "\x1b]0;title\x07", "\x1bP$qm\x1b\\", "\x1b[2J", "\u009b31m", "\u202egnp.exe", "\u2066x",
        "\x7f\x08\x08", "\u200fx", "\x1b]8;;http://evil.test\x1b\\x")


def message(subject, body="body\r\n"):
    return f"From: Someone <s@example.test>\r\nSubject: {subject}\r\n\r\n{body}".encode()


def statuses(daemon):
    api = f"http://{daemon.api}"
    with open(f"{WORK}/bad.toml", "w") as f:
        f.write("[mail]\nmax_sizes = 1\n")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        dead = "http://127.0.0.1:%d" % unused.getsockname()[1]
    cases = ((0, ["inbox", "three"]), (0, ["inbox", "three", "latest"]), (0, ["inbox", "three", "1"]),
             (0, ["inbox", "THREE+tag@example.test"]), (0, ["inbox", "three", "--api", api]),
             (0, ["inbox", "three", "latest", "--text", "--api", api]),
             (1, ["inbox", "nobody"]), (1, ["inbox", "three", "9"]), (1, ["inbox", "nobody", "latest"]),
             (1, ["inbox", "three", "00000000000000000000000000"]), (1, ["inbox", "nobody", "--api", api]),
             (1, ["inbox", "three", "latest", "--delete", "-g", "no such subject"]),
             (64, ["inbox"]), (64, ["inbox", "three", "--no-such-option"]), (64, ["inbocks"]), (64, []),
             (64, ["inbox", "three", "--raw", "--headers", "latest"]), (64, ["inbox", "three", "-n", "0"]),
             (64, ["inbox", "three", "-o", ""]), (64, ["inbox", "three", "--wait", "30s"]),
             (66, ["inbox", "three", "--api", f"{api}/base"]),
             (66, ["--config", f"{WORK}/none.toml", "inbox", "three"]),
             (67, ["inbox", "three five"]), (67, ["inbox", "..%2f"]), (67, ["inbox", ""]),
             (67, ["inbox", "postmaster", "--api", api]), (67, ["inbox", "postmaster", "latest", "--api", api]),
             (67, ["inbox", "postmaster", "--delete", "1", "--api", api]),
             (69, ["inbox", "three", "--api", dead]),
             (78, ["--config", f"{WORK}/bad.toml", "inbox", "three"]),
             (124, ["inbox", "nobody", "--wait=200ms"]), (124, ["inbox", "nobody", "--wait=200ms", "--api", api]),
             (124, ["inbox", "nobody", "--wait=200ms", "--api", dead]),
             (0, ["version"]), (0, ["--help"]), (0, ["inbox", "--help"]), (0, ["config", "check"]), (0, ["config", "defaults"]))
    for want, argv in cases:
        status, out, err = maildrop(*argv)
        same(f"status {want}: maildrop {' '.join(argv).replace(WORK, 'DIR')}", status, want) or print(out[:300], err[:300])
        if want >= 64 and status == want:
            check("  says why on stderr, nothing on stdout", err.strip() and not out, (out[:200], err))
    status, _, err = maildrop("inbox", "three", settings={"store.url": f"sqlite:{WORK}/nowhere/none.db"})
    same("status 66: no store there", status, 66) or print(err)
    status, _, err = maildrop("inbox", "three", "--wait=200ms", settings={"store.url": f"sqlite:{WORK}/nowhere/none.db"})
    check("status 124: and none that comes", status == 124 and "trying again" in err, (status, err))
    status, _, err = maildrop("inbox", "three", env={"MAILDROP_MAIL_MAXSIZE": "1"})
    check("an unknown MAILDROP_ name: 78, with the nearest", status == 78 and "MAILDROP_MAIL_MAX_SIZE" in err, (status, err))


def foreign_stores():
    """What lies where the store should be is no store: reading it is bad data, serving it a wrong configuration."""
    with sqlite3.connect(f"{WORK}/other.db") as other:
        other.execute("CREATE TABLE t(x)")
    other.close()
    with open(f"{WORK}/text.db", "w") as f:
        f.write("this is no database\n" * 100)
    for name, reading, serving in (("other.db", 65, 78), ("text.db", 74, 74)):
        settings = {"store.url": f"sqlite:{WORK}/{name}", "smtp.listen": "127.0.0.1:0", "api.listen": "127.0.0.1:0"}
        same(f"inbox on {name}", maildrop("inbox", "three", settings=settings)[0], reading)
        same(f"serve on {name}", maildrop("serve", settings=settings)[0], serving)


def permissions():
    """Another user's store, and one behind a folder that is closed: 77, and not `no store`."""
    os.chmod(WORK, 0o711)
    binary = f"{WORK}/maildrop"
    shutil.copy(BINARY, binary)
    os.chmod(binary, 0o755)
    os.mkdir(f"{WORK}/closed", 0o700)
    for name in ("closed/mail.db", "private.db", "private.toml"):
        with open(f"{WORK}/{name}", "w") as f:
            os.fchmod(f.fileno(), 0o600)
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    if not other:  # nobody else to be: then keep ourselves out
        os.chmod(f"{WORK}/closed", 0)
        for name in ("private.db", "private.toml"):
            os.chmod(f"{WORK}/{name}", 0)

    def run(*argv, settings):
        env = environment({"smtp.listen": "127.0.0.1:0", "api.listen": "127.0.0.1:0", **settings})
        done = subprocess.run([binary, *argv], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd="/", **other)
        return done.returncode, done.stderr.decode("utf-8", "replace")
    for name in ("closed/mail.db", "private.db"):
        for command in (["inbox", "three"], ["inbox", "three", "--wait=1h"], ["serve"], ["serve-api"]):
            status, err = run(*command, settings={"store.url": f"sqlite:{WORK}/{name}"})
            check(f"status 77: {' '.join(command)} on {name}", status == 77 and "no permission for" in err and "no mail store" not in err,
                  (status, err))
    status, err = run("--config", f"{WORK}/private.toml", "config", "check", settings={})
    check("status 77: a configuration that may not be read", status == 77 and "private.toml" in err, (status, err))


def hanging_server():
    """One that takes connections and says nothing: --wait ends when it said it would."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        start = time.monotonic()
        status, _, err = maildrop("inbox", "three", "--wait=1s", "--api", "http://127.0.0.1:%d" % mute.getsockname()[1])
        check("--wait=1s on a mute server: 124 in time", status == 124 and time.monotonic() - start < 5, (status, time.monotonic() - start, err))


def store_comes_late():
    """The test begins to wait, and then the server is started for the first time."""
    settings = {"store.url": f"sqlite:{WORK}/first/mail.db"}
    waiting = subprocess.Popen([BINARY, "inbox", "early", "--wait=60s", "--text"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment(settings), text=True)
    try:
        told = waiting.stderr.readline()
        check("--wait tells that there is no store yet", "trying again" in told, told)
        with Daemon(settings) as late:
            deliver(late.smtp, ["early@example.test"], message("first"))
            out, err = waiting.communicate(timeout=70)
            same("--wait shows what comes to a store that was not there", (waiting.returncode, out.strip()), (0, "body")) or print(err)
            late.stop()
    finally:
        waiting.kill()
        waiting.wait()


def closed_descriptors():
    """Started with descriptors 0 to 2 closed, no file of ours may take their numbers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "127.0.0.1:%d" % free.getsockname()[1]
    env = environment({"store.url": f"sqlite:{WORK}/closed.db", "smtp.listen": "127.0.0.1:0", "api.listen": address})
    served = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" serve 0<&- 1>&- 2>&-', BINARY], env=env)

    def answers():
        try:
            with Api(address, 1) as api:
                return api.get("/livez")[0] == 200
        except OSError:
            return served.poll() is not None
    try:
        until(answers, 20)
        same("descriptors 0 to 2 are nobody's", [os.readlink(f"/proc/{served.pid}/fd/{n}") for n in range(3)], ["/dev/null"] * 3)
    finally:
        served.terminate()
        same("and it ends well", served.wait(20), 0)


def views(daemon):
    for source in ([], ["--api", f"http://{daemon.api}"]):
        title = "over HTTP" if source else "from the store"
        _, listed, _ = maildrop("inbox", "three", "--json", *source)
        rows = [json.loads(line) for line in listed.splitlines()]
        same(f"{title}: newest first", [r["subject"] for r in rows], ["gr\u00fc\u00dfe", "two", "one"])
        check(f"{title}: each row has its schema", all(re.fullmatch(r"maildrop\.\w+/1", r["schema"]) for r in rows), rows)
        check(f"{title}: times are RFC 3339 UTC", all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", r.get("received") or
                                                                   r.get("date") or "") for r in rows), rows)
        _, by_id, _ = maildrop("inbox", "three", rows[1]["id"], "--raw", *source)
        same(f"{title}: --raw by id", without_trace(by_id), message("two"))
        _, by_number, _ = maildrop("inbox", "three", "2", "--raw", *source)
        same(f"{title}: and by number", by_number, by_id)
        _, headers, _ = maildrop("inbox", "three", "2", "--headers", *source)
        check(f"{title}: --headers has all fields and no body", b"Subject: two" in headers and b"Received:" in headers and
              b"body" not in headers, headers)
        _, text, _ = maildrop("inbox", "three", "2", "--text", *source)
        same(f"{title}: --text", text.strip(), b"body")
        _, one, _ = maildrop("inbox", "three", "2", "--json", *source)
        check(f"{title}: one message as JSON", json.loads(one)["subject"] == "two" and json.loads(one)["schema"], one)
        _, few, _ = maildrop("inbox", "three", "-n", "2", "--json", *source)
        same(f"{title}: -n 2", len(few.splitlines()), 2)
        _, found, _ = maildrop("inbox", "three", "-g", "^tw", "--json", *source)
        same(f"{title}: -g", [json.loads(line)["subject"] for line in found.splitlines()], ["two"])
        name = f"{WORK}/out{len(source)}.eml"
        same(f"{title}: -o FILE", maildrop("inbox", "three", "2", "--raw", "-o", name, *source)[0], 0)
        with open(name, "rb") as f:
            same(f"{title}: the file holds the raw message", f.read(), by_id)
        status, _, _ = maildrop("inbox", "three", "1", "--raw", "-o", name, *source)
        check(f"{title}: -o never overwrites", status in (64, 73), status)
    html = b"Subject: h\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>you</b></p><script>x()</script>\r\n"
    deliver(daemon.smtp, ["html@example.test"], html)
    _, text, _ = maildrop("inbox", "html", "latest", "--text")
    check("HTML is turned into text", b"Hello you" in text and b"<b>" not in text and b"x()" not in text, text)


def transcripts(daemon):
    status, shown, _ = maildrop("inbox", "three", "latest", "--transcript")
    lines = shown.decode().splitlines()
    check("--transcript: what was said for the third message of a session", status == 0 and
          re.fullmatch(r"session \w+, message 3", lines[0]) and lines[1].startswith("S: 250 2.0.0 stored as ") and
          lines[-3:-1] == ["C: DATA", "S: 354 end with <CRLF>.<CRLF>"], shown)
    following = subprocess.Popen([BINARY, "inbox", "none", "--follow", "--transcript"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=environment({"store.url": f"sqlite:{WORK}/mail.db"}), text=True)
    with sqlite3.connect(f"{WORK}/mail.db", timeout=10) as store:
        deliver(daemon.smtp, ["none@example.test"], message("without"))
        _, data, _ = maildrop("inbox", "none", "latest", "--raw")
        store.execute("UPDATE body SET dictionary=0, data=? WHERE id=(SELECT max(id) FROM body)", (data,))
    deliver(daemon.smtp, ["none@example.test"], message("with"))
    time.sleep(0.5)
    following.terminate()
    out, err = following.communicate(timeout=20)
    check("--follow goes on behind a message without one", "C: DATA" in out, (out, err))
    same("--transcript of such a message", maildrop("inbox", "none", "2", "--transcript")[0], 1)
    _, headers, _ = maildrop("inbox", "three", "latest", "--headers")
    check("the log has its session", daemon.wait_for(r"\bsession\b.*\b" + lines[0].split()[1].rstrip(","), 5) or
          lines[0].split()[1].rstrip(",") in daemon.log(), daemon.log())
    check("no message has it in it", b"session " not in headers, headers)
    with Api(daemon.api) as api:
        latest = api.messages("three")[0]["id"]
        _, _, told = api.get(f"/api/v3/mailboxes/three/{latest}")
        check("HTTP does not tell it", b"RCPT TO" not in told and b"transcript" not in told, told)
    same("nor does the client ask", maildrop("inbox", "three", "latest", "--transcript", "--api", f"http://{daemon.api}")[0], 64)


def deletes(daemon):
    for source in ([], ["--api", f"http://{daemon.api}"]):
        title = "over HTTP" if source else "from the store"
        for n in range(3):
            deliver(daemon.smtp, ["bin@example.test"], message(f"bin {n}"))
        rows = [json.loads(line) for line in maildrop("inbox", "bin", "--json", *source)[1].splitlines()]
        same(f"{title}: --delete", maildrop("inbox", "bin", rows[1]["id"], "--delete", *source)[0], 0)
        left = [json.loads(line)["id"] for line in maildrop("inbox", "bin", "--json", *source)[1].splitlines()]
        same(f"{title}: exactly that one went", left, [rows[0]["id"], rows[2]["id"]])
        same(f"{title}: again: nothing found", maildrop("inbox", "bin", rows[1]["id"], "--delete", *source)[0], 1)
        for _ in left:
            maildrop("inbox", "bin", "latest", "--delete", *source)
        same(f"{title}: now it is empty", maildrop("inbox", "bin", *source)[0], 1)


def waits(daemon):
    for n, source in enumerate(([], ["--api", f"http://{daemon.api}"])):
        title = "over HTTP" if source else "from the store"
        late = threading.Timer(0.7, deliver, (daemon.smtp, [f"late{n}@example.test"], message("late")))
        late.start()
        status, out, err = maildrop("inbox", f"late{n}", "--wait=20s", "--json", *source)
        late.join()
        same(f"{title}: --wait ends with the mail", status, 0) or print(err)
        check(f"{title}: and prints it", b'"late"' in out, out)


def follows(daemon):
    for n, source in enumerate(([], ["--api", f"http://{daemon.api}"])):
        title = "over HTTP" if source else "from the store"
        env = environment({"store.url": f"sqlite:{WORK}/mail.db"})
        deliver(daemon.smtp, [f"feed{n}@example.test"], message("feed 0"))
        following = subprocess.Popen([BINARY, "inbox", f"feed{n}", "--follow", "--json", *source], env=env,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = []
        reader = threading.Thread(target=lambda: [lines.append(line) for line in iter(following.stdout.readline, b"")])
        reader.start()
        try:
            time.sleep(1)
            for k in range(1, 4):
                deliver(daemon.smtp, [f"feed{n}@example.test"], message(f"feed {k}"))
            check(f"{title}: --follow prints each new one", until(lambda: [json.loads(line)["subject"] for line in lines][-3:] ==
                                                                  ["feed 1", "feed 2", "feed 3"], 10), lines)
        finally:
            following.send_signal(signal.SIGINT)
            status = following.wait(10)
            reader.join()
            following.stdout.close()
            following.stderr.close()
        same(f"{title}: SIGINT ends it with 130", status, 130)


def on_terminal(*argv, env=None):
    status, out = terminal(argv, {"store.url": f"sqlite:{WORK}/mail.db"}, {"TERM": "xterm-256color", "PAGER": "cat", **(env or {})})
    return status, out.decode("utf-8", "replace")


def dangerous(text, colour=True):
    """Everything a terminal would obey, but colours where these are allowed."""
    if colour:
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return re.findall(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def hostile_text(daemon):
    for text in EVIL:
        encoded = "=?utf-8?Q?" + "".join("=%02X" % b for b in text.encode()) + "?="
        data = (f"From: {encoded} <e@example.test>\r\nSubject: {encoded}\r\nX-Raw: {text}\r\n\r\n{text}\r\n").encode()
        same("hostile message accepted", deliver(daemon.smtp, ["evil@example.test"], data).code, 250)
    for argv in (["inbox", "evil"], ["inbox", "evil", "-g", "."]) + tuple(
            ["inbox", "evil", str(n), *view] for n in (1, 4, 10) for view in ([], ["--headers"], ["--text"])):
        status, out = on_terminal(*argv)
        same(f"terminal: {' '.join(argv)}: status", status, 0) or print(out)
        check("  nothing a terminal would obey", out.strip() and not dangerous(out), repr(out[:800]))
        status, out = on_terminal(*argv, env={"NO_COLOR": "1"})
        check("  with NO_COLOR no escape at all", out.strip() and "\x1b" not in out, repr(out[:800]))
        _, piped, _ = maildrop(*argv)
        check("  and none into a pipe", not dangerous(piped.decode("utf-8", "replace"), colour=False), piped[:400])
    _, listed, _ = maildrop("inbox", "evil", "--json")
    check("JSON Lines stay one line each", all(json.loads(line) for line in listed.splitlines()) and
          len(listed.splitlines()) == 10 and not dangerous(listed.decode(), colour=False), listed[:400])


def colours(daemon):
    _, plain = on_terminal("inbox", "three", "--color=never")
    _, forced, _ = maildrop("inbox", "three", "--color=always")
    check("--color=never: no escapes", "\x1b" not in plain, plain)
    check("--color=always: escapes even into a pipe", b"\x1b[" in forced, forced)
    _, dumb = on_terminal("inbox", "three", env={"TERM": "dumb"})
    check("TERM=dumb: no escapes", "\x1b" not in dumb, dumb)
    _, paged = on_terminal("inbox", "three", "latest", env={"PAGER": "sed s/^/paged:/"})
    check("a message on a terminal goes through PAGER", "paged:" in paged, paged)
    same("--raw onto a terminal is refused", on_terminal("inbox", "three", "latest", "--raw")[0], 64)
    same("unless forced", on_terminal("inbox", "three", "latest", "--raw", "--force")[0], 0)


with Daemon({"inbox.max_messages": 20}) as daemon:
    with Client(daemon.smtp) as client:
        for subject in ("one", "two", ENCODED):
            same(f"deliver {subject}", client.deliver(["three@example.test"], message(subject)).code, 250)
    statuses(daemon)
    foreign_stores()
    permissions()
    hanging_server()
    store_comes_late()
    closed_descriptors()
    views(daemon)
    transcripts(daemon)
    deletes(daemon)
    waits(daemon)
    follows(daemon)
    hostile_text(daemon)
    colours(daemon)
    daemon.stop()
finish()

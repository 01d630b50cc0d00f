"""maildrop inbox --export: every nasty message comes out as it is stored, in all three formats, and nothing by halves."""
import glob
import json
import mailbox
import os
import re
import signal
import socket
import stat
import subprocess
import threading

from e2e import BINARY, WORK, Api, Daemon, check, end_with_parent, environment, finish, maildrop, same, terminal, until
from smtp import Client

LIMIT = {"inbox.max_messages": 100}  # reading goes by it, too
HEAD = b"From: A <a@example.test>\r\nSubject: %s\r\n\r\n"
FROM_LINE = b"From eve@example.test Tue Nov 14 22:13:20 2023\r\n"
NASTY = {
    "plain": HEAD % b"plain" + b"body\r\n",
    "from lines": HEAD % b"from" + b"From here\r\n\r\n" + FROM_LINE + b"\r\n>From a\r\n>>From b\r\n> From c\r\n",
    "from line first": HEAD % b"first" + FROM_LINE,
    "bare CR": HEAD % b"cr" + b"a\rb\r\r\n\rFrom c\r\n",
    "no final line end": HEAD % b"open" + b"the end",
    "8 bit": HEAD % b"\xc3\xbc" + bytes(range(0x80, 0x100)) + b"\r\n",
    "dots": HEAD % b"dots" + b".\r\n..\r\n.x\r\n",
    "empty body": HEAD % b"empty",
    "empty lines": HEAD % b"lines" + b"\r\n\r\nx\r\n\r\n\r\n",
    "header only": b"Subject: alone\r\n",
    "a false length": b"Content-Length: 7\r\n" + HEAD % b"length" + b"body\r\n\r\n" + FROM_LINE,
    "a false envelope": b"X-Envelope-To: eve@example.test\r\n" + HEAD % b"envelope" + b"body\r\n",
}


def send_all(daemon):
    """The last one is a bounce."""
    with Client(daemon.smtp) as client:
        client.cmd("EHLO client.example.test")
        for name, data in NASTY.items():
            sender = "" if name == "a false envelope" else "sender@example.test"
            for command in (f"MAIL FROM:<{sender}>", "RCPT TO:<Bob+tag@example.test>"):
                client.cmd(command)
            client.send(b"BDAT %d LAST\r\n" % len(data) + data)  # keeps a last line without end
            same(f"taken: {name}", client.reply().code, 250)


def lf(data):
    return data.replace(b"\r\n", b"\n")


def exported(stored):
    """As an mbox and a Maildir have it: with LF."""
    return lf(b"X-Envelope-To: Bob+tag@example.test\r\n" + stored)


def run(*args):
    status, out, err = maildrop("inbox", "bob", *args, settings=LIMIT)
    same(f"exported: {' '.join(args).replace(WORK, 'DIR')}", status, 0) or print(err)
    return out, err


def mbox(path, stored):
    wanted = [exported(each) for each in stored]
    wanted = [each if each.endswith(b"\n") else each + b"\n" for each in wanted]
    read = mailbox.mbox(path, create=False)
    raw = [read.get_bytes(key) for key in read.keys()]
    same("mbox: as many messages", len(raw), len(wanted))
    for name, got, want in zip(NASTY, raw, wanted):  # Python takes no quotes off
        same(f"mbox: {name}", re.sub(rb"(?m)^>(>*From )", rb"\1", got), want)
        check(f"mbox: {name}: no line begins with From", not re.search(rb"(?m)^From ", got))
    senders = [read.get_message(key).get_from() for key in read.keys()]
    check("mbox: the envelope's sender, and the bounce's", all(re.fullmatch(
        r"sender@example\.test \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", each) for each in senders[:-1])
          and senders[-1].startswith("MAILER-DAEMON "), senders)


def maildir(path, stored):
    read = mailbox.Maildir(path, create=False)
    found = {key.split(".m")[1].split(".")[0]: key for key in read.keys()}
    same("maildir: a file each", sorted(found), sorted(stored))
    for (message_id, data), name in zip(stored.items(), NASTY):
        same(f"maildir: {name}", read.get_bytes(found[message_id]), exported(data))
    for folder in ("", "/tmp", "/new", "/cur"):
        same(f"maildir: {folder or 'itself'} is private", stat.S_IMODE(os.stat(path + folder).st_mode), 0o700)
    one = read.get_message(next(iter(read.keys())))
    one.set_subdir("cur")
    one.set_flags("FS")
    read[next(iter(read.keys()))] = one
    _, err = run("--export=maildir", "-o", path)
    check("maildir: nothing comes twice", f"0 messages exported to '{path}', {len(stored)} already there" in err, err)
    same("maildir: as many as before", len(list(mailbox.Maildir(path).keys())), len(stored))


def eml(path, stored):
    same("eml: named by id", sorted(os.listdir(path)), sorted(f"{each}.eml" for each in stored))
    for (message_id, data), name in zip(stored.items(), NASTY):
        with open(f"{path}/{message_id}.eml", "rb") as f:
            same(f"eml: {name}", f.read(), data)


def all_formats(where, stored, *more):
    for export_format, compare in (("mbox", lambda path: mbox(path, list(stored.values()))),
                                   ("maildir", lambda path: maildir(path, stored)), ("eml", lambda path: eml(path, stored))):
        path = f"{WORK}/{where}.{export_format}"
        _, err = run(f"--export={export_format}", "-o", path, *more)
        same(f"{export_format}: told", err, f"{len(stored)} messages exported to '{path}'\n")
        compare(path)
    out, _ = run("--export=mbox", *more)
    with open(f"{WORK}/{where}.mbox", "rb") as f:
        same("mbox: the same on standard output", out, f.read())


def choices(stored):
    ids = list(stored)
    out, _ = run("--export=mbox", "-n", "2")
    same("-n: the newest, the oldest of them first", re.findall(rb"^Subject: (\w+)$", out, re.M), [b"length", b"envelope"])
    out, _ = run("--export=mbox", "-g", "^dots$")
    same("-g: those that match", out.count(b"\nX-Envelope-To: Bob+tag@"), 1)
    out, _ = run("--export=mbox", ids[0], "latest")
    same("ids: those", re.findall(rb"^Subject: (\w+)$", out, re.M), [b"plain", b"envelope"])
    out, _ = run("--export=eml", "-o", f"{WORK}/json", "--json", ids[0], ids[1])
    told = json.loads(out)
    same("--json: what was done", told, {
        "schema": "maildrop.exported/1", "inbox": "bob", "format": "eml", "output": f"{WORK}/json", "exported": 2,
        "already_there": 0, "bytes": len(stored[ids[0]]) + len(stored[ids[1]])})
    same("an empty inbox: 1", maildrop("inbox", "nobody", "--export=mbox", "-o", f"{WORK}/nobody")[0], 1)
    check("  and no file", not os.path.exists(f"{WORK}/nobody"))
    status, shown = terminal(["inbox", "bob", "--export=mbox"], {"store.url": f"sqlite:{WORK}/mail.db"})
    check("no mbox on a terminal", status == 64 and b"--force" in shown and b"Subject:" not in shown, (status, shown))


def interrupted(daemon):
    """A proxy that interrupts the export at its last message: no half of an mbox stays."""
    listener = socket.create_server(("127.0.0.1", 0))
    path = f"{WORK}/interrupted.mbox"
    process = []
    state = {"requests": 0, "size": None}

    def forward(source, target, requests):
        try:
            while data := source.recv(65536):
                if requests:
                    state["requests"] += data.count(b"GET ")
                if requests and state["requests"] == len(NASTY):  # the list, then one each: some are written
                    until(lambda: process)
                    state["size"] = os.path.getsize(glob.glob(path + ".*")[0])
                    process[0].send_signal(signal.SIGINT)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", int(daemon.api.rsplit(":", 1)[1])))
            threading.Thread(target=forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=forward, args=(server, client, False), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    process.append(subprocess.Popen(
        [BINARY, "inbox", "bob", "--export=mbox", "-o", path, "--api", "http://127.0.0.1:%d" % listener.getsockname()[1]],
        env=environment(), stderr=subprocess.PIPE, preexec_fn=end_with_parent))
    _, err = process[0].communicate(timeout=60)
    listener.close()
    check("interrupted: some was written before", state["size"], state)
    check("interrupted: 130, and it says where", process[0].returncode == 130 and b"interrupted after" in err,
          (process[0].returncode, err))
    check("interrupted: nothing stays", not glob.glob(path + "*"))


def interrupted_waiting():
    """Before anything is written, an export that waits for ids ends like every command."""
    for number, status in (signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM):
        process = subprocess.Popen(
            [BINARY, "inbox", "bob", "-", "--export=eml", "-o", f"{WORK}/never", "--set", f"store.url=sqlite:{WORK}/mail.db"],
            env=environment(), stdin=subprocess.PIPE, preexec_fn=end_with_parent)
        process.stdin.write(b"\n" * 200_000)  # more than a pipe holds: when that is gone, it is reading
        process.stdin.flush()
        process.send_signal(number)
        same(f"waiting for ids: ended by {number.name}", process.wait(timeout=60), status)
        process.stdin.close()
    check("waiting for ids: nothing was made", not os.path.exists(f"{WORK}/never"))



with Daemon({"smtp.bare_newline": "tolerate", "limits.exempt": "127.0.0.1", **LIMIT}) as daemon, Api(daemon.api) as api:
    send_all(daemon)
    ids = [each["id"] for each in reversed(api.messages("bob"))]
    stored = {message_id: api.raw("bob", message_id) for message_id in ids}
    same("all are there", [data.endswith(want) for data, want in zip(stored.values(), NASTY.values())], [True] * len(NASTY))
    print("from the store, while it is served", flush=True)
    all_formats("store", stored)
    print("from the server", flush=True)
    all_formats("server", stored, "--api", f"http://{daemon.api}")
    choices(stored)
    interrupted(daemon)
    interrupted_waiting()
    daemon.stop()
print("from the store alone", flush=True)
all_formats("alone", stored)
finish()

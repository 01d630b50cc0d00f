"""service.takeover: who is served by whom, and what stays as it is when it fails."""
import os
import signal
import socket
import sqlite3
import stat
import subprocess

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client, deliver, stuff

MESSAGE = b"Subject: takeover\r\n\r\nbody\r\n"
UNIX = f"{WORK}/smtp.sock"


def ports(count):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = ["127.0.0.1:%d" % each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return found


SMTP, API, OTHER = ports(3)
SETTINGS = {"smtp.listen": f"{SMTP},unix:{UNIX}", "api.listen": API, "service.takeover_timeout": "1h", "service.drain_timeout": "1h"}
NEW = {**SETTINGS, "service.takeover": "true"}


def begun(address, inbox):
    """A client whose message is half sent."""
    client = Client(address)
    same("354", client.begin([f"{inbox}@example.test"]).code, 354)
    client.send(b"Subject: half\r\n")
    return client


def ended(daemon):
    same("the old one ends with 0", daemon.wait(), 0)


def at_work():
    with Daemon(SETTINGS) as old:
        inode = os.stat(UNIX).st_ino
        idle, busy, local = Client(SMTP), begun(SMTP, "busy"), begun(f"unix:{UNIX}", "busy")
        # More loops: what joins the port does not listen before its time.
        with Daemon({**NEW, "service.loops": 4}, wait=False) as new:
            same("who is idle hears 421", idle.reply().code, 421)
            check("the new one waits", new.wait_for("taking over", 10), new.log())
            late = [Client(address, banner=False) for address in (SMTP, f"unix:{UNIX}")]
            old.signal(signal.SIGTERM)
            old.signal(signal.SIGHUP)  # nothing to reload any more
            new.signal(signal.SIGHUP)  # nor yet
            for client in (busy, local):
                client.send(b"\r\nrest\r\n.\r\n")
                same("who was amid a message is answered", client.reply().code, 250)
            ended(old)
            check("and was not reloaded at its end", "reloaded" not in old.log(), old.log())
            check("the new one is ready", new.wait_for(r"\bready\b", 10), new.log())
            for client in late:
                same("who came meanwhile is served", client.reply().code, 220)
                same("and delivers", client.deliver(["late@example.test"], MESSAGE).code, 250)
            with Api(API) as api:
                same("what the old one took is there", len(api.messages("busy")), 2)
            same("the unix socket is the same one", os.stat(UNIX).st_ino, inode)
            for client in [idle, busy, local] + late:
                client.close()
            new.stop()
    check("the last one removes it", not os.path.exists(UNIX))


def fails():
    broken = f"{WORK}/broken.db"
    sqlite3.connect(broken).execute("CREATE TABLE other(x)").connection.close()
    theirs = f"sqlite:{WORK}/theirs.db"
    with Daemon(SETTINGS) as old, Client(SMTP) as client, Daemon({"store.url": theirs}):
        with Daemon(SETTINGS, wait=False) as new:
            check("without service.takeover the address is in use", new.wait(15) not in (None, 0), new.log())
            check("and the error says what to do", "service.takeover" in new.log(), new.log())
        for title, settings in (("a store that is none", {"store.url": f"sqlite:{broken}"}),
                                ("an address that is not ours", {"api.listen": "192.0.2.1:80"}),
                                ("no certificate", {"tls.certificates": f"{WORK}/none.pem"}),
                                ("a store that somebody else writes", {"store.url": theirs})):
            with Daemon({**NEW, **settings}, wait=False) as new:
                check(f"{title}: the new one does not start", new.wait(15) not in (None, 0), new.log())
        same("the old one and its sessions have not noticed", client.deliver(["still@example.test"], MESSAGE).code, 250)
        check("not at all", "draining" not in old.log(), old.log())
        works("unix socket", f"unix:{UNIX}")
        old.stop()


def works(title, address):
    same(f"{title}: delivered", deliver(address, ["works@example.test"], MESSAGE).code, 250)


def other_addresses():
    with Daemon(SETTINGS) as old:
        settings = {"smtp.listen": f"{SMTP},{OTHER}", "api.listen": API, "service.takeover": "true", "service.loops": 3}
        with Daemon(settings) as new:
            ended(old)
            works("the one that stays", SMTP)
            works("the new one", OTHER)
            check("a unix socket that nobody took is gone", not os.path.exists(UNIX))
            with Daemon({**NEW, "service.loops": 1, "service.socket_mode": "0600"}) as last:
                ended(new)
                for _ in range(12):  # the kernel spreads them over the three sockets, which one loop serves now
                    works("one loop", SMTP)
                same("a unix socket has the mode that is set now", stat.S_IMODE(os.stat(UNIX).st_mode), 0o600)
                refused = socket.socket().connect_ex(("127.0.0.1", int(OTHER.rsplit(":", 1)[1])))
                check("one that was given up is closed", refused != 0)
                last.stop()


def two_into_one():
    """serve-smtp and serve-api become serve."""
    with Daemon({"smtp.listen": SMTP}, ("serve-smtp",)) as smtp, Daemon({"api.listen": API}, ("serve-api",)) as api:
        with Daemon(NEW) as new:
            ended(smtp)
            ended(api)
            works("the one", SMTP)
            with Api(API) as client:
                check("reads", client.messages("works"))
            new.stop()


def impatient():
    """Nobody waits for the slowest sender for longer than service.takeover_timeout."""
    with Daemon({**SETTINGS, "service.takeover_timeout": "1s"}) as old:
        slow = begun(SMTP, "slow")
        with Daemon(NEW) as new:
            ended(old)
            same("who is too slow hears 421", slow.reply().code, 421)
            works("then the new one", SMTP)
            new.stop()
        slow.close()


def old_store():
    with Daemon(SETTINGS) as old:
        works("the old one", SMTP)
        with sqlite3.connect(f"{WORK}/mail.db") as store:
            # Without parts a summary has only got another number in front.
            store.executescript("""
                UPDATE message SET summary=CAST(iif(substr(summary, 1, 1)=x'04', x'01', x'03') || substr(summary, 2) AS BLOB);
                DROP INDEX inbox_id;
                ALTER TABLE shared DROP COLUMN source; ALTER TABLE shared DROP COLUMN charge;
                ALTER TABLE message DROP COLUMN source; ALTER TABLE message DROP COLUMN charge;
                ALTER TABLE body DROP COLUMN transcript;
                ALTER TABLE total DROP COLUMN changes; ALTER TABLE total DROP COLUMN changed;
                PRAGMA user_version=1""")
        with Daemon(NEW) as new:
            ended(old)
            works("one that brings the store up to date", SMTP)
            with Api(API) as api:
                bodies = [api.raw("works", each["id"]).split(b"\r\n\r\n", 1)[1] for each in api.messages("works")]
                check("and reads what the old one stored", len(bodies) > 1 and set(bodies) == {b"body\r\n"}, bodies)
            new.stop()


def name_removed():
    """Somebody has removed the unix socket: no reason to end when the other one has ended."""
    with Daemon(SETTINGS) as old:
        os.unlink(UNIX)
        with Daemon(NEW) as new:
            ended(old)
            works("what still has a name is served", SMTP)
            check("and the log tells", "mode not set" in new.log(), new.log())
            new.stop()


def killed():
    with Daemon(SETTINGS) as old, Daemon({**NEW, "service.drain_timeout": "1h"}, wait=False) as new:
        check("the old one serves", old.wait_for(r"\bready\b", 10), old.log())
        check("the new one takes over", new.wait_for(r"\bready\b", 10), new.log())
        new.stop()
    with Daemon(SETTINGS) as old:
        busy = begun(SMTP, "busy")
        with Daemon(NEW, wait=False) as new:
            check("the new one waits", new.wait_for("taking over", 10), new.log())
            with Daemon(NEW, wait=False) as third:
                check("a third one is told that the address is in use", third.wait(15) not in (None, 0), third.log())
            old.kill()
            check("the old one is killed: the new one goes on", new.wait_for(r"\bready\b", 10), new.log())
            works("and serves", SMTP)
            new.stop()
        busy.close()


def strangers():
    name = "\0maildrop/" + SMTP
    if os.geteuid() == 0:
        squat = ("import socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
                 f"s.bind({name!r}); s.listen(); print(flush=True); time.sleep(60)")
        with subprocess.Popen(["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", squat],
                              stdout=subprocess.PIPE) as squatter:
            squatter.stdout.readline()
            with Daemon(NEW) as daemon:
                works("another user who has the name keeps nobody out", SMTP)
                daemon.stop()
            squatter.kill()
    with Daemon(SETTINGS) as daemon:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as rude:
            rude.connect(name)
            data, ancillary, _, _ = rude.recvmsg(65536, 65536)
            check("who asks gets the sockets", data.startswith(b"maildrop takeover 1 ") and ancillary, data)
            rude.send(b"nonsense")
            same("who then says something else is left alone", rude.recv(100), b"")
        if os.geteuid() == 0:
            ask = ("import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
                   f"s.connect({name!r}); print(s.recvmsg(65536, 65536))")
            done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "/usr/bin/python3", "-c", ask],
                                  capture_output=True, text=True, timeout=20)
            check("another user gets nothing", done.stdout.startswith("(b'', [],"), done)
            check("which the log says", until(lambda: "takeover refused" in daemon.log(), 5), daemon.log())
        works("and all goes on", SMTP)
        daemon.stop()


at_work()
fails()
other_addresses()
two_into_one()
impatient()
old_store()
name_removed()
killed()
strangers()
finish()

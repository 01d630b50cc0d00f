"""Writes, syncs and cuts of the store's files that fail, one after the other."""
import errno
import os
import shutil
import sqlite3
import time
from contextlib import closing

from disk import SqliteDisk, shared_control
from e2e import WORK, Api, Daemon, check, finish, same, until
from sent import Sent, body
from smtp import Client, deliver

MOST = int(os.environ.get("MOST", "100"))
FEW = min(MOST, 20)
ALL = dict(calls=b"wst", files=b"dwsjf")
WRITES = dict(calls=b"w", files=b"dw")
SYNCS = dict(calls=b"s", files=b"dw")
FILE = dict(calls=b"wst", files=b"d")  # what a checkpoint changes
FILE_SYNCS = dict(calls=b"s", files=b"d")
STORE = f"{WORK}/disk/mail.db"
POWER = f"{WORK}/power"
CONTROL = f"{WORK}/control"
SETTINGS = {"store.url": f"sqlite:{STORE}", "store.wal_size": "1MiB", "limits.errors": 1000}
control = shared_control(CONTROL)


def preloaded(store, trace):
    sanitizer = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
    return {"LD_PRELOAD": f"{WORK}/faults.so", "FAULTS_STORE": store, "FAULTS_CONTROL": CONTROL, "FAULTS_TRACE": trace,
            "ASAN_OPTIONS": sanitizer}


def arm(nth, error, on=False, part=False, calls=b"wst", files=b"dwsjf"):
    control.failed, control.error, control.on, control.part = 0, error, on, part
    control.calls, control.files = calls, files
    control.left = nth


def disarm():
    control.left = 0


class Run(Sent):
    """One daemon after the other on one store."""

    def __init__(self):
        with Daemon(SETTINGS) as daemon:  # without the library: the disk begins with a store that is whole
            daemon.stop()
        with open(STORE, "rb") as file:
            self.disk = SqliteDisk(f"{WORK}/trace", file.read())
        self.names, self.refused, self.codes = {}, [], {}  # id: inbox, of what was acknowledged; inboxes
        self.unread, self.absent = [], []  # of both, those since the last kill
        self.count = self.kills = self.cuts = 0
        self.lost, self.shown, self.losses, self.reappeared = [], [], 0, 0
        self.start()

    def start(self):
        self.daemon = Daemon(SETTINGS, env=preloaded(STORE, self.disk.trace))
        self.client = Client(self.daemon.smtp)

    def send(self):
        """One message to a new inbox; true when it was acknowledged."""
        self.count += 1
        name = f"f{self.count}"
        reply = self.client.deliver([f"{name}@example.test"], body(name))
        self.codes[reply.code] = self.codes.get(reply.code, 0) + 1
        if reply.code == 250:
            message = reply.lines[0].split(" stored as ")[1]
            self.names[message] = name
            self.unread.append(message)
        else:
            self.refused.append(name)
            self.absent.append(name)
        if reply.code == 0:
            self.client = Client(self.daemon.smtp)
        return reply.code == 250

    def round(self, nth, error, on, part, calls, kill):
        """Faults from the nth call on, until mail is taken again without them. What came of it."""
        arm(nth, error, on, part, **calls)
        end = time.monotonic() + 10
        while control.failed == 0 and time.monotonic() < end:
            if not self.send():  # the log may be full, until the next try to empty it
                time.sleep(0.01)
        came = control.failed
        taken = [self.send() for _ in range(3)] if on else []
        if kill:
            self.kill()
        disarm()
        return came, taken, until(self.send, 10)

    def power_cut(self):
        """What would be missing had the power gone with the last 250, or what SQLite would say of it."""
        self.disk.follow(lambda: self.disk.save(POWER))
        self.cuts += 1
        try:
            with closing(sqlite3.connect(f"{POWER}/mail.db")) as database:
                database.execute("PRAGMA synchronous=OFF")
                there = {row[0] for row in database.execute("SELECT id FROM message")}
                whole = database.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.Error as error:
            return [str(error)]
        return [each for each in self.disk.acknowledged if each not in there] + [whole] * (whole != "ok")

    def kill(self):
        """kill -9, and a start without faults."""
        self.kills += 1
        self.shown += self.stored(self.absent)
        self.daemon.kill()
        disarm()
        self.start()
        lost = self.missing(self.daemon.api, self.unread)
        self.lost += lost
        self.losses += len(lost)
        self.reappeared += len(self.stored(self.absent))
        self.unread, self.absent = [], []


def rounds(run, title, most, error, on=False, part=lambda nth: False, calls=ALL):
    """The Nth of `calls` fails, for each N; every tenth time kill -9 follows, before the faults have an end. Returns the
    N for which mail was taken while all failed."""
    never, taken, deaf, cut = [], [], [], []
    run.codes, run.lost, run.shown, run.disk.too_early = {}, [], [], []
    for nth in range(1, most + 1):
        came, during, again = run.round(nth, error, on, part(nth), calls, kill=nth % 10 == 0)
        never += [nth] * (not came)
        taken += [nth] * any(during)
        deaf += [nth] * (not again)
        cut += [(nth, each) for each in run.power_cut()[:3]]
        if len(never + deaf + cut) > 2:  # enough is known, and each takes its time
            break
    print(f"  {title}, N = 1..{nth}: replies={run.codes}", flush=True)
    check("    there was a fault each time", not never, never)
    check("    afterwards mail is taken by the same process", not deaf, deaf)
    check("    no reply but 250, 451 and 452", set(run.codes) <= {250, 451, 452}, run.codes)
    check("    no 250 before a sync of what it is for", not run.disk.too_early, run.disk.too_early[:3])
    check("    after a loss of power all acknowledged are there", not cut, cut[:3])
    check("    and after kill -9, and none twice", not run.lost, run.lost[:3])
    check("    none of the refused is shown", not run.shown, run.shown[:3])
    return taken


def running():
    run = Run()
    rounds(run, "a call fails with EIO", MOST, errno.EIO)
    rounds(run, "a call fails with ENOSPC", MOST, errno.ENOSPC)
    taken = rounds(run, "from a call on all fail with ENOSPC, some after half a write", MOST, errno.ENOSPC, True, lambda nth: nth % 2)
    taken += rounds(run, "from a sync on all syncs fail with EIO", FEW, errno.EIO, True, calls=SYNCS)
    check("no 250 while nothing can be written or synced", not taken, taken)
    rounds(run, "a call to the file fails with EIO", FEW, errno.EIO, calls=FILE)
    rounds(run, "a sync of the file fails with EIO", FEW // 2, errno.EIO, calls=FILE_SYNCS)
    rounds(run, "from a call on all to the file fail with EIO", FEW, errno.EIO, True, calls=FILE)
    rounds(run, "a write does one half", FEW, errno.EIO, part=lambda nth: True, calls=WRITES)
    same("    which nobody notices", set(run.codes), {250})
    run.kill()
    check("    nor a kill -9 then", not run.lost, run.lost[:3])
    print(f"  kills={run.kills} power_cuts={run.cuts} acknowledged={len(run.names)} lost={run.losses} "
          f"refused={len(run.refused)} of_them_stored={run.reappeared} faults={run.disk.faults} doubtful_writes={run.disk.doubtful}")
    same("each 250 was seen on its way", run.disk.acknowledged, list(run.names))
    lost = run.missing(run.daemon.api, run.names)
    check("in the end all acknowledged are there", not lost, lost[:5])
    run.power_cut()
    run.daemon.stop()
    with Daemon({"store.url": f"sqlite:{POWER}/mail.db"}) as daemon:
        lost = run.missing(daemon.api, list(run.names)[-100:])
        check("the last hundred are for a maildrop that starts after a loss of power, too", not lost, lost[:5])
        daemon.stop()


def starting():
    """Faults of a start: of a new store, and of one that has something to recover."""
    store = f"{WORK}/new/mail.db"
    settings = {"store.url": f"sqlite:{store}"}
    ready, ended, wrong = 0, 0, []
    for nth in range(1, FEW * 2 + 1):
        if nth % 2:
            shutil.rmtree(f"{WORK}/new", ignore_errors=True)
        arm((nth + 1) // 2, errno.EIO if nth % 4 < 2 else errno.ENOSPC, on=nth % 8 < 4, **ALL)
        with Daemon(settings, wait=False, env=preloaded(store, f"{WORK}/start-trace")) as daemon:
            if daemon.wait_for(r"\bready\b", 20):
                ready += 1
            else:
                ended += 1
                wrong += [(nth, daemon.wait(), daemon.log())] if daemon.wait() not in (69, 74, 75) else []
        disarm()
        with Daemon(settings) as daemon:
            code = deliver(daemon.smtp, ["new@example.test"], body("new")).code
            with Api(daemon.api) as api:
                found = len(api.messages("new"))
            wrong += [(nth, code, found)] if (code, found) != (250, 2 - nth % 2) else []
    print(f"  starts with faults: ready={ready} ended={ended}")
    check("a start that fails says so, and the next takes mail", not wrong, wrong[:3])


running()
starting()
finish()

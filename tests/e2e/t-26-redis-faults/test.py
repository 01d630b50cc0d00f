"""Writes, syncs and cuts of Redis's append-only file that fail, one after the other."""
import errno
import os
import shutil
import subprocess
import threading
import time

from disk import Disk, shared_control
from e2e import WORK, Daemon, check, finish, same, until
from redis import Redis
from sent import Sent, body
from smtp import Client

MOST = int(os.environ.get("MOST", "20"))  # 100 for the whole series
FEW = min(MOST, 20)
ALL = b"wst"
FOLDER = "appendonlydir"
FILE = f"{FOLDER}/appendonly.aof.1.incr.aof"
MANIFEST = f"{FOLDER}/appendonly.aof.manifest"
# Before Redis is started again: as systemd does it, or sooner, so that it is there when maildrop sends a message again.
PAUSES = (0.1, 0.01)
STORED = b"$7\r\nversion\r\n"  # of what each delivery writes, even one that is there already
control = shared_control(f"{WORK}/control")


def arm(nth, error, on=False, part=False, calls=ALL):
    control.failed, control.error, control.on, control.part = 0, error, on, part
    control.calls, control.files = calls, b"a"
    control.left = nth


def disarm():
    control.left = 0


class RedisDisk(Disk):
    """The append-only file. What a sync that failed should have covered is on the disk with the next one; or never, and
    then `holes` has it. Redis cannot know: when it is started again it reads what the system has in memory."""

    def __init__(self, trace, folder):
        with open(f"{folder}/{FILE}", "rb") as file:
            super().__init__(trace, {"a": file.read()})
        self.folder = folder
        self.replies, self.too_early = 0, 0
        self.holes = []  # from, to

    def doubt(self, name, writes):
        super().doubt(name, writes)
        self.pending[name][:0] = writes
        self.holes += [(at, at + len(data)) for _, what, at, data in writes if what == "W"]

    def reply(self, _data):
        self.replies += 1
        self.too_early += bool(self.pending["a"] or not any(STORED in data for data in self.fresh))
        self.fresh.clear()

    def save(self, folder, holes=()):
        """The files as after a loss of power."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(f"{self.folder}/{FOLDER}", f"{folder}/{FOLDER}")
        data = bytearray(self.files["a"])
        for start, end in holes:
            data[start:end] = bytes(end - start)
        with open(f"{folder}/{FILE}", "wb") as file:
            file.write(data)


class Supervised(Redis):
    """A Redis whose disk fails when it is told to, and that is started again whenever it ends."""

    def __init__(self, *options, name):
        folder = f"{WORK}/{name}"
        with Redis(*options, name=name, example=True):  # without the library: the disk begins with files that are whole
            pass
        self.disk = RedisDisk(f"{folder}/trace", folder)
        self.lock, self.ending, self.starts, self.pause = threading.Lock(), False, 0, PAUSES[0]
        self.thread = threading.Thread(target=self.supervise, daemon=True)
        super().__init__(*options, name=name, example=True, env={
            "LD_PRELOAD": f"{WORK}/faults.so", "FAULTS_STORE": f"{folder}/{FOLDER}/", "FAULTS_CONTROL": f"{WORK}/control",
            "FAULTS_TRACE": self.disk.trace})
        self.thread.start()

    def __exit__(self, *_):
        with self.lock:
            self.ending = True
            super().kill()
        self.thread.join()

    def supervise(self):
        while True:
            self.process.wait()
            time.sleep(self.pause)
            with self.lock:
                if self.ending:
                    return
                self.spawn()
                self.starts += 1

    def kill(self):
        """kill -9; the start that follows is without faults."""
        with self.lock:
            super().kill()
            disarm()


class Run(Sent):
    """One maildrop, and one Redis after the other."""

    def __init__(self, redis, daemon):
        self.redis, self.disk, self.daemon = redis, redis.disk, daemon
        self.power = f"{redis.folder}-power"
        self.names, self.refused, self.codes = {}, [], {}  # id: inbox, of what was acknowledged; inboxes
        self.unread, self.uncut = [], []  # ids since the last kill; since the last loss of power
        self.count = self.kills = self.cuts = 0
        self.lost = []
        self.client = Client(daemon.smtp)

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
            self.uncut.append(message)
        else:
            self.refused.append(name)
        if reply.code in (0, 421):
            self.client = Client(self.daemon.smtp)
        return reply.code == 250

    def round(self, nth, error, on, part, calls, kill):
        """Faults from the nth call on, until mail is taken again without them. What came of it."""
        self.redis.pause = PAUSES[nth // 2 % 2]
        arm(nth, error, on, part, calls)
        end = time.monotonic() + 10
        while control.failed == 0 and time.monotonic() < end:
            self.send()
        came = control.failed
        taken = [self.send() for _ in range(3)] if on else []
        if kill:
            self.kills += 1
            self.redis.kill()
        disarm()
        again = until(self.send, 10)
        if kill and again:
            self.lost += self.missing(self.daemon.api, self.unread)
            self.unread = []
        return came, taken, again

    def power_cut(self):
        """What would be missing had the power gone with the last answer, or what Redis would say of it."""
        self.disk.follow(lambda: self.disk.save(self.power))
        self.cuts += 1
        lost, self.uncut = self.uncut, []
        try:
            with self.restored() as power:
                return [each for each in lost if power.ask(f"EXISTS maildrop:body:{each}") != b":1\r\n"]
        except RuntimeError as error:
            return [str(error)]

    def restored(self):
        """A Redis that starts after it."""
        return Redis(name=os.path.basename(self.power), example=True)


def rounds(run, title, most, error, on=False, part=lambda nth: False, calls=ALL, kills=True):
    """The Nth of `calls` fails, for each N; with `kills`, every fifth time kill -9 follows, before the faults have an end.
    Returns the N for which mail was taken while all failed."""
    never, taken, deaf, cut = [], [], [], []
    run.codes, run.lost, run.disk.too_early, starts = {}, [], 0, run.redis.starts
    for nth in range(1, most + 1):
        came, during, again = run.round(nth, error, on, part(nth), calls, kills and nth % 5 == 0)
        never += [nth] * (not came)
        taken += [nth] * any(during)
        deaf += [nth] * (not again)
        cut += [(nth, each) for each in run.power_cut()[:3]]
        if len(never + deaf + cut) > 2:  # enough is known, and each takes its time
            break
    print(f"  {title}, N = 1..{nth}: replies={run.codes} starts={run.redis.starts - starts}", flush=True)
    check("    there was a fault each time", not never, never)
    check("    afterwards mail is taken by the same process", not deaf, deaf)
    check("    no reply but 250, 421 and 450 to 452", set(run.codes) <= {250, 421, 450, 451, 452}, run.codes)
    same("    no answer of Redis before a sync of what it is for", run.disk.too_early, 0)
    check("    after a loss of power all acknowledged are there", not cut, cut[:3])
    check("    and after kill -9, and none twice", not run.lost, run.lost[:3])
    return taken


def faults(redis, daemon):
    run = Run(redis, daemon)
    rounds(run, "a call fails with EIO", MOST, errno.EIO)
    rounds(run, "a call fails with ENOSPC", MOST, errno.ENOSPC)
    rounds(run, "a sync fails with EIO", FEW // 2, errno.EIO, calls=b"s")
    taken = rounds(run, "from a call on all fail with ENOSPC, some after half a write", MOST, errno.ENOSPC, True, lambda nth: nth % 2)
    taken += rounds(run, "from a sync on all syncs fail with EIO", FEW // 2, errno.EIO, True, calls=b"s")
    check("no 250 while nothing can be written or synced", not taken, taken)
    rounds(run, "a write does one half", FEW // 2, errno.EIO, part=lambda nth: True, calls=b"w", kills=False)
    same("    which nobody notices", set(run.codes), {250})
    print(f"  kills={run.kills} power_cuts={run.cuts} acknowledged={len(run.names)} refused={len(run.refused)} "
          f"of_them_stored={len(run.stored(run.refused))} faults={run.disk.faults} doubtful_writes={run.disk.doubtful} "
          f"starts={redis.starts}")
    after_power(run)
    after_rewrite(run)


def after_power(run):
    with run.restored() as power, Daemon(settings(power)) as daemon:
        lost = run.missing(daemon.api, run.names)
        check("all acknowledged are there for a Redis and a maildrop that start after a loss of power", not lost, lost[:5])
        daemon.stop()
    run.disk.save(run.power, run.disk.holes)
    try:
        run.restored().kill()
        started = True
    except RuntimeError:
        started = False
    check("where the disk never got what a failed sync was of, Redis does not start with a part", not started)


def after_rewrite(run):
    """What the manual advises after a fault."""
    before = set(os.listdir(f"{run.redis.folder}/{FOLDER}")) - {os.path.basename(MANIFEST)}
    run.redis.ask("BGREWRITEAOF")
    left = lambda: before & set(os.listdir(f"{run.redis.folder}/{FOLDER}"))
    check("a rewrite leaves nothing of the files that saw faults", until(lambda: not left()), left())
    seen = subprocess.run(["redis-check-aof", f"{run.redis.folder}/{MANIFEST}"], capture_output=True, text=True)
    same("and what is whole", seen.returncode, 0)
    run.redis.kill()
    check("mail is taken again", until(run.send))
    lost = run.missing(run.daemon.api, run.names)
    check("in the end all acknowledged are there", not lost, lost[:5])


def without_syncs(policy):
    """That the test would see it."""
    with Supervised("--appendfsync", policy, name=policy) as redis, Daemon(settings(redis)) as daemon:
        run = Run(redis, daemon)
        for _ in range(20):
            run.send()
        lost = run.power_cut()
        print(f"  appendfsync {policy}: answers={run.disk.replies} before_a_sync={run.disk.too_early} lost={len(lost)}")
        check(f"with appendfsync {policy} a loss of power is seen to lose mail", run.disk.too_early and lost)
        daemon.stop()


def settings(redis):
    return {"store.url": redis.url, "limits.errors": 100000}


with Supervised(name="redis") as server, Daemon(settings(server)) as maildrop:
    faults(server, maildrop)
    maildrop.stop()
without_syncs("everysec")
without_syncs("no")
finish()

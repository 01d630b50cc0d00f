"""units.py: maildrop as systemd runs it, for tests inside of a testbed."""
import os
import subprocess
import threading
import time

from e2e import check, until
from load import Load
from smtp import Client

SMTP, API = "127.0.0.1:25", "127.0.0.1:8080"


def run(*command, **how):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90, **how)
    return done.returncode, done.stdout


def systemctl(*words):
    status, out = run("systemctl", "--no-pager", *words)
    if status != 0:
        check("systemctl " + " ".join(words), False, out)
    return out


def show(unit, what):
    return run("systemctl", "show", "-P", what, unit)[1].strip()


def journal(unit):
    run("journalctl", "--sync")
    return run("journalctl", "--no-pager", "-o", "cat", "-u", unit)[1]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class DropIn:
    """A drop-in for a unit, as long as the test needs it."""

    def __init__(self, unit, text, section="Service"):
        self.path = f"/etc/systemd/system/{unit}.d/test.conf"
        write(self.path, f"[{section}]\n{text}\n")

    def __enter__(self):
        systemctl("daemon-reload")
        return self

    def __exit__(self, *_):
        os.unlink(self.path)
        if not os.listdir(os.path.dirname(self.path)):
            os.rmdir(os.path.dirname(self.path))
        systemctl("daemon-reload")


def is_served():
    try:
        with Client(SMTP, timeout=5) as client:
            return client.banner.code == 220
    except OSError:
        return False


class SlowLoad(Load):
    """So that not all of the time goes into reading what was stored."""

    def one(self, client, name):
        super().one(client, name)
        time.sleep(0.02)


class Callers(threading.Thread):
    """Clients that come all the time; each has to hear a greeting."""

    def __init__(self):
        super().__init__()
        self.greeted = self.failed = 0
        self.slowest = 0.0
        self.ending = False
        self.errors = set()

    def run(self):
        while not self.ending:
            begin = time.monotonic()
            try:
                with Client(SMTP, timeout=20) as client:
                    if client.banner.code != 220:
                        raise OSError(str(client.banner))
                self.greeted += 1
            except OSError as error:
                self.failed += 1
                self.errors.add(repr(error))
            self.slowest = max(self.slowest, time.monotonic() - begin)
            time.sleep(0.005)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.join()


def restarted(unit, pid, seconds=20):
    """The next process of a unit, when it is ready."""
    return until(lambda: show(unit, "ActiveState") == "active" and show(unit, "MainPID") not in ("0", pid) and show(unit, "MainPID"),
                 seconds, 0.05)

"""e2e.py: a maildrop under test, its HTTP API, its command line, and checks."""
import ctypes
import http.client
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time

BINARY = os.environ["E2E_BINARY"]
ROOT = os.environ["E2E_ROOT"]
WORK = os.environ["E2E_WORK"]
SKIPPED = 77
failures = []
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored, and that is inherited


def check(name, passed, detail=""):
    if not passed:
        failures.append(name)
    print(f"  {'ok  ' if passed else 'FAIL'} {name}" + (f": {detail}" if detail != "" and not passed else ""), flush=True)
    return passed


def same(name, got, wanted):
    return check(name, got == wanted, f"got {got!r:.600}, wanted {wanted!r:.600}")


def finish():
    sys.exit(1 if failures else 0)


def until(condition, seconds=10, pause=0.02):
    """The first true value of condition(), or the last false one when the time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


def environment(settings=None):
    """What maildrop is started with: nothing of the caller's but what sanitizers and libraries need."""
    keep = ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
    env = {key: os.environ[key] for key in keep if key in os.environ}
    env["HOME"] = WORK
    for key, value in (settings or {}).items():
        if value is not None:
            env["MAILDROP_" + key.upper().replace(".", "_")] = str(value)
    return env


_libc = ctypes.CDLL(None)


def end_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Daemon:
    """`maildrop COMMAND`, waited for until it is ready. Settings by key: {"mail.domains": "*"}; None leaves one out.

    Start it on the main thread: it is killed when the thread that started it ends.
    """

    def __init__(self, settings=None, command=("serve",), wait=True, **popen):
        base = {"smtp.listen": "127.0.0.1:0", "api.listen": "127.0.0.1:0", "mail.domains": "example.test",
                "store.url": f"sqlite:{WORK}/mail.db"}
        argv = popen.pop("argv", [BINARY]) + list(command)
        preexec = popen.pop("preexec_fn", None)

        def prepare():
            end_with_parent()
            if preexec:
                preexec()

        env = environment({**base, **(settings or {})})
        env.update(popen.pop("env", {}))
        self.lines = []
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, preexec_fn=prepare, **popen)
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if wait and not self.wait_for(r"\bready\b", 20):
            self.kill()
            raise RuntimeError("maildrop did not get ready:\n" + self.log())

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def log(self):
        return "\n".join(self.lines[-60:])

    def wait_for(self, pattern, seconds=10, start=0):
        """The first log line from `start` on that matches, or None. Ends early when the process has."""
        def look():
            ended = self.process.poll() is not None and not self.reader.is_alive()
            for line in self.lines[start:]:
                if re.search(pattern, line):
                    return line
            return ended
        found = until(look, seconds)
        return found if isinstance(found, str) else None

    def addresses(self, service):
        pattern = rf'\blistening\b.*\bservice={service}\b.*\baddress="?([^\s"]+)'
        found = [m.group(1) for m in (re.search(pattern, line) for line in self.lines) if m]
        return list(dict.fromkeys(found))

    @property
    def smtp(self):
        return self.addresses("smtp")[0]

    @property
    def smtp_tls(self):
        return self.addresses("smtp-tls")[0]

    @property
    def lmtp(self):
        return self.addresses("lmtp")[0]

    @property
    def api(self):
        return self.addresses("api")[0]

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=20):
        """The exit status, or None when it still runs."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.reader.join(5)
        return status

    def stop(self, seconds=20):
        """TERM, then the exit status; a sanitizer's report counts as a failure."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        status = self.wait(seconds)
        if status != 0:
            check("the daemon ends with 0 after TERM", False, f"status {status}\n{self.log()}")
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        if any("Sanitizer" in line or "runtime error:" in line for line in self.lines):
            check("no sanitizer report", False, "\n".join(self.lines[-80:]))


class Api:
    """One kept-alive connection to the HTTP API."""

    def __init__(self, address, timeout=20):
        self.address = address
        if address.startswith("unix:"):
            self.http = http.client.HTTPConnection("localhost", timeout=timeout)
            self.http.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.http.sock.settimeout(timeout)
            self.http.sock.connect(address[5:])
        else:
            self.http = http.client.HTTPConnection(address, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def request(self, method, path, headers=None):
        self.http.request(method, path, headers=headers or {})
        response = self.http.getresponse()
        return response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read()

    def get(self, path):
        return self.request("GET", path)

    def json(self, path):
        status, _, body = self.get(path)
        return json.loads(body) if status == 200 else None

    def messages(self, inbox):
        """The summaries, newest first."""
        return self.json(f"/api/v3/mailboxes/{inbox}")["messages"]

    def raw(self, inbox, message_id):
        status, _, body = self.get(f"/api/v3/mailboxes/{inbox}/{message_id}/raw")
        return body if status == 200 else None

    def only(self, inbox):
        """The raw bytes of an inbox's one message; None if there is not exactly one."""
        found = self.messages(inbox)
        return self.raw(inbox, found[0]["id"]) if len(found) == 1 else None


def terminal(argv, settings, env=None, answers=None, seconds=60):
    """`maildrop ARGV` on a terminal: its status, and what it shows. `answers`: what is typed when something is shown."""
    full = {**environment(settings), "TERM": "xterm", "LANG": "C.UTF-8", **(env or {})}
    waiting = dict(answers or {})
    pid, fd = pty.fork()
    if pid == 0:
        end_with_parent()
        os.execve(BINARY, [BINARY, *argv], full)
    shown, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            try:
                more = os.read(fd, 65536)
            except OSError:
                break
            if not more:
                break
            shown += more
            for question in [each for each in waiting if each in shown]:
                os.write(fd, waiting.pop(question))
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def maildrop(*args, settings=None, stdin=None, seconds=60, env=None):
    """Runs the command to its end. Returns status, stdout (bytes), stderr (text)."""
    full = environment({"store.url": f"sqlite:{WORK}/mail.db", **(settings or {})})
    full.update(env or {})
    done = subprocess.run([BINARY, *args], env=full, input=stdin if stdin is not None else b"", capture_output=True,
                          timeout=seconds)
    err = done.stderr.decode("utf-8", "replace")
    if "Sanitizer" in err or "runtime error:" in err:
        check("no sanitizer report", False, err)
    return done.returncode, done.stdout, err


TRACE = re.compile(rb"\AReturn-Path:[^\r\n]*\r\n(?:X-Maildrop-Attachments:[^\r\n]*\r\n)?(?:Authentication-Results:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)?Received:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def without_trace(raw):
    """What was sent: the stored bytes after our Return-Path and Received fields, and what stands between them of what was
    not kept; None if these are not there."""
    match = TRACE.match(raw or b"")
    return raw[match.end():] if match else None

"""servers.py: starts the servers that are measured, and reads what they use."""
import ctypes
import os
import re
import resource
import signal
import socket
import subprocess
import time

_libc = ctypes.CDLL(None)


def raise_file_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_us(pid):
    """CPU of all threads of a process so far, from its own clock (nanoseconds inside)."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1000


def with_children(pids):
    """The processes and all that they have started."""
    found = list(pids)
    for pid in found:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                found += map(int, f.read().split())
    return found


class Running:
    """A server that somebody else has started: `LABEL=PORT:PID[,PID...]`, where the further ones work for it, as a
    store does. Their children count, too."""

    def __init__(self, text):
        self.label, rest = text.split("=", 1)
        port, pids = rest.split(":")
        self.port, self.pids = int(port), [int(pid) for pid in pids.split(",")]
        self.pid = self.pids[0]

    def cpu_us(self):
        return sum(cpu_us(pid) for pid in with_children(self.pids))

    def status_kb(self, field):
        return status_kb(self.pid, field)


def running():
    """Those of the environment's PEERS."""
    return [Running(text) for text in os.environ.get("PEERS", "").split()]


def status_kb(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(rf"^{field}:\s+(\d+)", f.read(), re.M).group(1))


def die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """A process pinned to a CPU from its start (None: not pinned), logging to a file. It inherits `pass_fds`."""

    def __init__(self, label, argv, log, env=None, cpu=None, pass_fds=()):
        self.label, self.log = label, log

        def prepare():
            die_with_parent()
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})

        with open(log, "wb") as out:
            self.started = time.monotonic()
            self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            preexec_fn=prepare, pass_fds=pass_fds)
        self.pid = self.process.pid
        self.port = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def cpu_us(self):
        return cpu_us(self.pid)

    def status_kb(self, field):
        return status_kb(self.pid, field)

    def wait_for_log(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                found = re.search(pattern, f.read(), re.M)
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.001)
        with open(self.log, encoding="utf-8", errors="replace") as f:
            raise SystemExit(f"{self.label} did not start:\n{f.read()}")


def maildrop(binary, folder, command="serve-smtp", cpu=None, settings=None, name="maildrop", in_file=None):
    """`in_file`: where log.file has it say when it is ready."""
    env = {"PATH": os.environ["PATH"], "HOME": folder, "MAILDROP_SMTP_LISTEN": "127.0.0.1:0",
           "MAILDROP_API_LISTEN": "127.0.0.1:0", "MAILDROP_MAIL_DOMAINS": "example.test",
           "MAILDROP_STORE_URL": f"sqlite:{folder}/{name}.db"}
    env.update({"MAILDROP_" + k.upper().replace(".", "_"): str(v) for k, v in (settings or {}).items()})
    server = Server("maildrop", [binary, command], f"{folder}/{name}.log", env, cpu)
    server.log = in_file or server.log
    service = "api" if command == "serve-api" else "smtp"
    found = server.wait_for_log(rf"\bservice={service}\b.*\baddress=\"?127\.0\.0\.1:(\d+)")
    server.port = int(found.group(1))
    server.wait_for_log(r"\bready\b")
    return server


def when_it_listens(server, port):
    server.port = port
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server
        except OSError:
            time.sleep(0.01)
    with open(server.log, encoding="utf-8", errors="replace") as log:
        raise SystemExit(f"{server.label} did not start: {log.read()}")


def smtp_sink(folder, cpu=None):
    """postfix's smtp-sink: reads mail and forgets it."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = Server("smtp-sink", ["smtp-sink", "-4", *user, "-m", "20000", f"127.0.0.1:{port}", "4096"],
                    f"{folder}/sink.log", None, cpu)
    return when_it_listens(server, port)

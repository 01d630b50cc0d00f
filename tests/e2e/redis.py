"""redis.py: a real Redis server on a unix socket in WORK."""
import os
import re
import socket
import subprocess

from e2e import ROOT, WORK, end_with_parent, until

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class Redis:
    """`example`: with the settings of examples/redis.conf; `env`: besides that of the test."""

    def __init__(self, *options, name="redis", example=False, env=None):
        self.folder = f"{WORK}/{name}"
        os.makedirs(self.folder, exist_ok=True)
        self.path = f"{self.folder}/redis.sock"
        self.url = f"redis+unix://{self.path}"
        self.options, self.env = options, {**os.environ, **(env or {})}
        self.settings = ["--save", ""]
        if example:  # a copy, since sentinels have it written anew, and only Redis's own user may enter its folder
            self.settings = [f"{self.folder}/redis.conf"]
            with open(f"{ROOT}/examples/redis.conf") as file, open(self.settings[0], "w") as copy:
                copy.write(re.sub(r"^dir .*", f"dir {self.folder}", file.read(), flags=re.M))
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def spawn(self):
        self.process = subprocess.Popen(
            ["redis-server", *self.settings, "--port", "0", "--unixsocket", self.path, "--dir", self.folder, "--logfile",
             f"{self.folder}/log", *self.options], stdout=subprocess.DEVNULL, env=self.env,
            preexec_fn=end_with_parent)

    def start(self):
        self.spawn()
        if not until(lambda: self.answers() or self.process.poll() is not None, 10) or self.process.poll() is not None:
            raise RuntimeError("redis-server does not start")

    def ask(self, command):
        """What comes first of the answer."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(self.path)
            link.sendall(command.encode() + b"\r\n")
            return link.recv(65536)

    def answers(self):
        try:
            return self.ask("PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

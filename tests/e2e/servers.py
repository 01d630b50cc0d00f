"""servers.py: others' programs before or behind maildrop, set up as examples/ has it."""
import os
import re
import socket
import subprocess

from e2e import ROOT, WORK, check, end_with_parent, until


def example(path, changes):
    """A file of examples/ with addresses of this test; each change has to be there."""
    with open(f"{ROOT}/examples/{path}") as file:
        text = file.read()
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text)
        check(f"{path} has {pattern}", count > 0)
    made = f"{WORK}/{os.path.basename(path)}"
    with open(made, "w") as file:
        file.write(text)
    return made


class Server:
    """Another's program, until the end of the block."""

    def __init__(self, argv, address):
        self.log = open(f"{WORK}/{os.path.basename(argv[0])}.log", "wb")
        self.process = subprocess.Popen(argv, stdout=self.log, stderr=self.log, preexec_fn=end_with_parent)
        host, port = address.rsplit(":", 1)

        def listens():
            try:
                socket.create_connection((host, int(port)), 1).close()
                return True
            except OSError:
                return False
        check(f"{os.path.basename(argv[0])} listens", until(listens), open(self.log.name).read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

"""network.py: machines on one switch, as network namespaces. Whoever is started within one of them is on that machine."""
import ctypes
import os
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
SWITCH = "bridge"  # in the namespace of the test, which made it
_OWN = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _call(name, *args):
    if getattr(_libc, name)(*args) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def ip(command):
    subprocess.run(["ip", *command.split()], check=True)


class Machine:
    """`with machine:` the calling thread is on it, and what it starts meanwhile stays there. It is gone with the last
    process on it, once the test has ended."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        _call("unshare", _CLONE_NEWNET)
        self.descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            ip("link set lo up")
            ip(f"link add eth0 type veth peer name {name} netns /proc/{os.getpid()}/fd/{_OWN}")
            ip(f"addr add {address}/24 dev eth0")
            ip("link set eth0 up")
        finally:
            self.__exit__()
        ip(f"link set {name} master {SWITCH} up")

    def __enter__(self):
        _call("setns", self.descriptor, _CLONE_NEWNET)
        return self

    def __exit__(self, *_):
        _call("setns", _OWN, _CLONE_NEWNET)

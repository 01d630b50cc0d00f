"""mirror.py: a far client on one machine. Needs root."""
import collections
import ctypes
import fcntl
import os
import select
import signal
import struct
import subprocess
import time

HERE, FAR = "10.9.0.1", "10.9.0.2"  # who connects to FAR is served at HERE
_CLONE_NEWNET, _TUNSETIFF, _IFF_TUN_NO_PI, _PR_SET_PDEATHSIG = 0x40000000, 0x400454CA, 0x1001, 1


def enter(delay):
    """Moves this process into a network of its own, where what is sent to FAR comes back to HERE as if FAR had sent it,
    `delay` seconds later: source and destination change places, which no checksum notices."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH", b"far", _IFF_TUN_NO_PI))
    for command in ("link set lo up", f"addr add {HERE}/24 dev far", "link set far up"):
        subprocess.run(["ip", *command.split()], check=True)
    if os.fork() == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _reflect(tun, delay)
    os.close(tun)


def _reflect(tun, delay):
    waiting = collections.deque()
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            os.write(tun, waiting.popleft()[1])
        readable, _, _ = select.select([tun], [], [], max(0.0002, waiting[0][0] - now) if waiting else 1)
        if readable:
            packet = bytearray(os.read(tun, 65536))
            if packet[0] >> 4 == 4:
                packet[12:16], packet[16:20] = packet[16:20], packet[12:16]
                waiting.append((time.monotonic() + delay, packet))

"""program.py CODE: a program for a watchdog to keep up. CODE is run with what is below."""
import array
import os
import select
import signal
import socket
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
watchdog = os.getppid()
names = os.environ.get("LISTEN_FDNAMES", "")
channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = os.environ.get("NOTIFY_SOCKET", "")
if address:
    channel.connect("\0" + address[1:] if address.startswith("@") else address)


def say(text, descriptors=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    channel.sendmsg([text.encode()], rights)


def barrier():
    """Until all that was said has been heard."""
    mine, theirs = os.pipe()
    say("BARRIER=1", [theirs])
    os.close(theirs)
    poll = select.poll()
    poll.register(mine, 0)
    poll.poll(10_000)
    os.close(mine)


def live():
    """For ever, saying so."""
    while True:
        say("WATCHDOG=1")
        time.sleep(0.1)


def tell(*words):
    print("told", *words, file=sys.stderr, flush=True)


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def first_time():
    """False from the second start on."""
    mark = f"{os.environ['HOME']}/mark-{watchdog}"
    if os.path.exists(mark):
        return False
    open(mark, "w").close()
    return True


exec(sys.argv[1])

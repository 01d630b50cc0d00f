"""maildrop watchdog: serve-smtp and serve-api, and scripted programs, kept up."""
import os
import re
import signal
import socket
import subprocess
import threading
import time

from e2e import BINARY, WORK, Api, Daemon, check, finish, same, until
from smtp import Client, deliver

HERE = os.path.dirname(os.path.realpath(__file__))
MESSAGE = b"Subject: watchdog\r\n\r\nbody\r\n"


def watchdog(settings=None, ready=True, **more):
    """serve-smtp and serve-api."""
    daemon = Daemon(settings, command=("watchdog",), wait=False, **more)
    if ready and not daemon.wait_for("all ready", 20):
        daemon.kill()
        raise RuntimeError("not all ready:\n" + daemon.log())
    return daemon


def keeping(code, settings=None, options=(), **more):
    """A scripted program, see program.py."""
    command = ("watchdog", *options, "--", "/usr/bin/python3", f"{HERE}/program.py", code)
    return Daemon(settings, command=command, wait=False, **more)


def states(daemon, program=""):
    """`serve-smtp STARTING`, in the order of the log."""
    found = [re.search(rf"\bprogram program=({program or chr(92) + 'S+'}) state=(\S+)", line) for line in daemon.lines]
    return [f"{each[1]} {each[2]}" for each in found if each]


def pid_of(daemon, program):
    """Of its last process."""
    found = [re.search(rf"\bprogram program={program} state=\S+ pid=(\d+)", line) for line in daemon.lines]
    return int([each for each in found if each][-1][1])


def state_of(pid):
    """`S`, `Z` and the like, and the parent; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return fields[0], int(fields[1])
    except OSError:
        return None


def children_of(pid, state=None):
    found = [(int(each), state_of(each)) for each in os.listdir("/proc") if each.isdigit()]
    return [each for each, of in found if of and of[1] == pid and state in (None, of[0])]


def restarted(daemon, program, times):
    return until(lambda: states(daemon, program).count(f"{program} RUNNING") > times, 15)


def in_data(address, name):
    """A client amid a message."""
    client = Client(address)
    same("DATA", client.begin([f"{name}@example.test"]).code, 354)
    return client


# --- serve-smtp and serve-api ---

def in_order_and_drained():
    with watchdog() as daemon:
        same("ready in order", states(daemon), ["serve-smtp STARTING", "serve-smtp RUNNING", "serve-api STARTING", "serve-api RUNNING"])
        same("delivered", deliver(daemon.smtp, ["order@example.test"], MESSAGE).code, 250)
        with Api(daemon.api) as api:
            same("read", len(api.messages("order")), 1)
            same("a name that was pointed at loopback is not served", api.request("GET", "/v2/domain", {"Host": "evil.example"})[0], 421)
        daemon.signal(signal.SIGHUP)
        check("HUP reloads both", until(lambda: sum("info reloaded" in line for line in daemon.lines) == 2), daemon.log())
        with in_data(daemon.smtp, "late") as client:
            daemon.signal(signal.SIGTERM)
            check("serve-api ends first", daemon.wait_for("program=serve-smtp state=STOPPING"), daemon.log())
            client.sock.sendall(MESSAGE + b".\r\n")
            same("what is in flight at TERM is taken", client.reply().code, 250)
        same("status 0", daemon.wait(), 0)
        same("in the reverse order", states(daemon)[-4:],
             ["serve-api STOPPING", "serve-api STOPPED", "serve-smtp STOPPING", "serve-smtp STOPPED"])
        check("its socket is gone", not os.path.exists(re.search(r"notify=(\S+)", "\n".join(daemon.lines))[1]))


def a_hang_is_found():
    with watchdog({"watchdog.timeout": "4s"}) as daemon:
        address, before = daemon.smtp, pid_of(daemon, "serve-smtp")
        os.kill(before, signal.SIGSTOP)
        begun = time.monotonic()
        check("a program that hangs is replaced", restarted(daemon, "serve-smtp", 1), daemon.log())
        print(f"       after {time.monotonic() - begun:.1f} s", flush=True)
        check("since it said nothing", daemon.wait_for('state=STOPPING .*reason="no WATCHDOG=1 for 4s"', 0), daemon.log())
        same("by SIGABRT", daemon.wait_for('program=serve-smtp state=BACKOFF .*ended="signal ABRT"', 0) is not None, True)
        same("the other one was left alone", states(daemon, "serve-api").count("serve-api STARTING"), 1)
        same("mail is taken at the same address", deliver(address, ["hang@example.test"], MESSAGE).code, 250)
        daemon.stop()


def killed_under_load():
    refused, taken, over = [], [0], threading.Event()

    def load(address):
        while not over.is_set():
            try:
                client = Client(address, banner=False)
            except OSError as error:
                refused.append(repr(error))
                continue
            try:
                client.banner = client.reply()
                taken[0] += client.deliver(["load@example.test"], MESSAGE).code == 250
            except (OSError, AssertionError, AttributeError):
                pass  # it was with the one that was killed
            client.close()

    settings = {"inbox.max_messages": 1000, "flood.connection_rate": 0, "watchdog.starts": 20}
    with watchdog(settings, env={"TMPDIR": WORK}) as daemon:
        threads = [threading.Thread(target=load, args=(daemon.smtp,), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for times in (1, 2, 3):
            count = taken[0]
            check("mail comes in", until(lambda at_least=count + 20: taken[0] > at_least, 10), taken)
            os.kill(pid_of(daemon, "serve-smtp"), signal.SIGKILL)
            check("back", restarted(daemon, "serve-smtp", times), daemon.log())
        over.set()
        for thread in threads:
            thread.join(20)
        same("kill -9 three times under load: nobody is refused", refused, [])
        with Api(daemon.api) as api:
            found = len(api.messages("load"))
        check("and nothing is lost that was taken", found >= min(taken[0], 1000), (found, taken[0]))
        programs = [pid_of(daemon, each) for each in ("serve-smtp", "serve-api")]
        daemon.kill()
        check("kill -9 of the watchdog: its programs end, too", until(lambda: not any(map(state_of, programs))), programs)


def a_crash_loop_ends_all():
    with watchdog() as daemon, in_data(daemon.smtp, "drained") as client:
        begun = time.monotonic()
        for times in range(1, 6):
            restarted(daemon, "serve-api", times - 1)
            os.kill(pid_of(daemon, "serve-api"), signal.SIGKILL)
        check("five starts in a minute are too many", daemon.wait_for('program=serve-api state=FATAL .*reason="5 starts in vain"'), daemon.log())
        client.sock.sendall(MESSAGE + b".\r\n")
        same("the other program is drained", client.reply().code, 250)
        same("status 70", daemon.wait(), 70)
        print(f"       after {time.monotonic() - begun:.1f} s", flush=True)
    begun = time.monotonic()
    with watchdog({"store.url": "memory:"}, ready=False) as daemon:
        same("a configuration that cannot be served ends all at once", daemon.wait(), 78)
        same("after one start", states(daemon), ["serve-smtp STARTING", "serve-smtp FATAL"])


def one_is_restarted_gracefully():
    def configure(listen):
        with open(f"{WORK}/maildrop.toml", "w") as file:
            file.write(f'smtp.listen = ["{listen}"]\n')

    configure("127.0.0.1:0")
    settings = {"smtp.listen": None, "config": f"{WORK}/maildrop.toml"}
    with watchdog(settings) as daemon, in_data(daemon.smtp, "graceful") as client:
        configure("127.0.0.2:0")
        daemon.signal(signal.SIGHUP)
        check("a listener that is held cannot change", daemon.wait_for("setting needs a restart key=smtp.listen"), daemon.log())
        os.kill(pid_of(daemon, "serve-smtp"), signal.SIGTERM)
        check("TERM to a program drains it", daemon.wait_for("serve-smtp state=STOPPING"), daemon.log())
        client.sock.sendall(MESSAGE + b".\r\n")
        same("with what is in flight", client.reply().code, 250)
        check("and it comes back", restarted(daemon, "serve-smtp", 1), daemon.log())
        daemon.stop()


# --- under another supervisor ---

def nested():
    above = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    above.bind(f"{WORK}/above")
    above.settimeout(0.05)
    heard = []

    def hear():
        try:
            while True:
                heard.append(above.recv(4096).decode())
        except TimeoutError:
            return True

    env = {"NOTIFY_SOCKET": f"{WORK}/above", "WATCHDOG_USEC": "600000"}
    with watchdog({"watchdog.backoff": "30s", "watchdog.max_backoff": "1m"}, env=env) as daemon:
        check("READY when all are", until(lambda: hear() and any("READY=1" in each for each in heard)), heard)
        check("with their states in words", re.search("STATUS=serve-smtp RUNNING since .*, serve-api RUNNING since ", "".join(heard)), heard)
        check("WATCHDOG=1 while all are well", until(lambda: hear() and heard.count("WATCHDOG=1\n") > 2), heard)
        for program in ("serve-smtp", "serve-api"):
            with open(f"/proc/{pid_of(daemon, program)}/environ") as file:
                same(f"{program} does not know who is above", env["NOTIFY_SOCKET"] in file.read(), False)
        os.kill(pid_of(daemon, "serve-api"), signal.SIGKILL)
        check("a program that waits for its start is told", until(lambda: hear() and re.search(r"serve-api BACKOFF \d+ s", "".join(heard))), heard)
        del heard[:]
        until(lambda: hear() and False, 1.2)
        check("and WATCHDOG=1 is not said meanwhile", "WATCHDOG=1\n" not in heard, heard)
        daemon.stop()
        hear()
        check("STOPPING", "STOPPING=1\n" in heard, heard)


def sockets_of_systemd():
    """They are passed on, as systemd passes them."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % listener.getsockname()[1]
    shell = 'exec 3<&%d; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=mail; exec "$0" "$@"' % listener.fileno()
    os.set_inheritable(listener.fileno(), True)
    settings = {"smtp.listen": "fd:mail", "smtp.listen_tls": "fd:none?"}
    with watchdog(settings, argv=["/bin/bash", "-c", shell, BINARY], close_fds=False) as daemon:
        same("a socket of systemd is passed on", deliver(address, ["passed@example.test"], MESSAGE).code, 250)
        daemon.stop()
        same("and outlives the watchdog", Client(address, banner=False).banner, None)


# --- any program ---

def what_programs_say():
    code = """
if first_time():
    if os.fork() == 0:
        say("READY=1\\nWATCHDOG=trigger")
        os._exit(0)
    os.wait()
    barrier()
    tell("not ready yet")
    say("EXTEND_TIMEOUT_USEC=60000000")
    time.sleep(4.2)
    say("READY=1\\nSTATUS=x\\nWATCHDOG_USEC=60000000")
    say("RELOADING=1")
    say("READY=1")
    barrier()
    say("WATCHDOG=trigger")
    time.sleep(60)
say("READY=1")
tell("again")
live()
"""
    with keeping(code, {"watchdog.start_timeout": "4s"}) as daemon:
        check("comes back", daemon.wait_for("told again", 15), daemon.log())
        same("what it says counts", states(daemon), ["python3 STARTING", "python3 RUNNING", "python3 STOPPING", "python3 BACKOFF", "python3 STARTING", "python3 RUNNING"][:len(states(daemon))])
        lines = "\n".join(daemon.lines)
        check("and what its children say does not", lines.index("notification ignored") < lines.index("told not ready yet") < lines.index("state=RUNNING"), lines)
        check("it said itself that it hangs", "WATCHDOG=trigger" in lines, lines)
        daemon.stop()


def descriptors_are_kept_and_bounded():
    code = """
pid = watchdog
if not first_time():
    tell("names", names)
    say("READY=1")
    live()
say("READY=1")
barrier()
before = descriptors_of(pid)
mine, theirs = os.pipe()
for i in range(2500):
    say("FDSTORE=1\\nFDNAME=one", [theirs])
    say("BARRIER=1", [mine])
    say("FDSTORE=1\\nFDNAME=other\\nFDSTOREREMOVE=0", [mine, theirs])
    say("X=1", [mine, theirs, 0])
    if i % 50 == 0:
        say("WATCHDOG=1")
say("FDSTOREREMOVE=1\\nFDNAME=one")
say("FDSTOREREMOVE=1\\nFDNAME=other")
say("x" * 5000, [mine, theirs])
barrier()
tell("descriptors", descriptors_of(pid) - before)
many = [socket.socketpair() for _ in range(100)]
for one, other in many:
    say("FDSTORE=1\\nFDNAME=many", [one.fileno()])
barrier()
tell("bounded", descriptors_of(pid) - before)
del many, one, other
barrier()
barrier()
tell("hung up", descriptors_of(pid) - before)
lonely = socket.socketpair()
say("FDSTORE=1\\nFDNAME=stays\\nFDPOLL=0", [lonely[0].fileno()])
say("FDSTORE=1\\nFDNAME=kept", [mine])
barrier()
sys.exit(1)
"""
    with keeping(code, options=("--listen", "web=127.0.0.1:0")) as daemon:
        line = daemon.wait_for("told names", 20)
        lines = "\n".join(daemon.lines)
        check("10,000 messages with descriptors leave none", "told descriptors 0\n" in lines, lines)
        check("64 are kept", "told bounded 64\n" in lines, lines)
        check("until they hang up", "told hung up 0\n" in lines, lines)
        same("the listener and what was kept are handed back", line, "told names web:stays")
        with socket.create_connection(daemon.addresses("web")[0].rsplit(":", 1)):
            check("the listener listens", True)
        daemon.stop()


def orphans_and_groups():
    code = """
say("READY=1")
os.system("for i in $(seq 1000); do (: &); done")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        tell("orphan", os.getpid())
        time.sleep(100)
    os._exit(0)
os.wait()
group = os.fork()
if group == 0:
    tell("group", os.getpid())
    time.sleep(100)
tell("forked")
live()
"""
    with keeping(code) as daemon:
        check("forked", daemon.wait_for("told forked", 20), daemon.log())
        check("no zombie is left of 1,000 orphans", until(lambda: not children_of(daemon.pid, "Z"), 10), children_of(daemon.pid, "Z"))
        orphan = int(daemon.wait_for("told orphan").split()[-1])
        same("orphans are ours", state_of(orphan)[1], daemon.pid)
        group = int(daemon.wait_for("told group").split()[-1])
        os.kill(pid_of(daemon, "python3"), signal.SIGKILL)
        check("what is left of a group goes with its leader", until(lambda: state_of(group) is None), state_of(group))
        check("others stay", state_of(orphan) is not None)
        os.kill(orphan, signal.SIGKILL)
        restarted(daemon, "python3", 1)
        daemon.stop()


def how_commands_end():
    rows = [(("--", "no-such-command"), 64), (("--simple", "--", "true"), 0), (("--simple", "--", "sh", "-c", "exit 78"), 78),
            (("--simple", "--", "sh", "-c", "exit 3"), 70), (("--simple",), 64), (("--listen", "x", "--", "true"), 64)]
    running = [(words, wanted, Daemon({"watchdog.backoff": "10ms"}, command=("watchdog", *words), wait=False)) for words, wanted in rows]
    for words, wanted, daemon in running:
        same(" ".join(words), daemon.wait(), wanted)
        daemon.kill()
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); say('READY=1'); live()"
    with keeping(deaf, {"watchdog.stop_timeout": "1s"}) as brief, keeping(deaf) as daemon:
        for each in (brief, daemon):
            each.wait_for("all ready")
            each.signal(signal.SIGTERM)
        same("one that does not end is killed, and that is an end, too", brief.wait(), 0)
        daemon.signal(signal.SIGTERM)
        same("TERM again ends all at once", daemon.wait(), 143)


# --- a container ---

def in_a_container():
    """PID 1, a root that cannot be written, no /dev/log, and not root where that can be had."""
    state = f"{WORK}/state"
    os.mkdir(state)
    drop = "setpriv --reuid=65534 --regid=65534 --clear-groups" if os.geteuid() == 0 else ""
    script = f"""set -e
mount --make-rprivate /
mount -t tmpfs -o mode=1777 none {state}
for each in / /tmp /var/tmp /run {WORK}; do if mountpoint -q $each; then mount -o remount,bind,ro $each; fi; done
if touch /tmp/x 2>/dev/null; then echo writable >&2; exit 77; fi
test ! -e /dev/log || mount --bind /dev/null /dev/log
exec {drop} {BINARY} watchdog"""
    argv = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["-r"]), "--fork", "--pid", "--mount-proc", "--kill-child", "sh", "-c", script]
    if subprocess.run([*argv[:-1], "true"], capture_output=True).returncode != 0:
        return print("  skip a container: no namespaces can be had here", flush=True)
    os.chmod(WORK, 0o755)
    daemon = Daemon({"store.url": f"sqlite:{state}/mail.db"}, command=(), argv=argv, wait=False)
    with daemon:
        if not check("PID 1, on a read-only root", daemon.wait_for("all ready", 20), daemon.log()):
            return None
        same("mail is taken", deliver(daemon.smtp, ["container@example.test"], MESSAGE).code, 250)
        init = children_of(daemon.pid)[0]
        with open(f"/proc/{init}/status") as file:
            status = file.read()
        same("it is PID 1", re.search(r"NSpid:.*\t(\d+)\n", status)[1], "1")
        same("and not root", "Uid:\t0" in status, os.geteuid() != 0 and os.getuid() == 0)
        os.kill(init, signal.SIGTERM)
        same("status 0", daemon.wait(), 0)
    return None


in_order_and_drained()
a_hang_is_found()
killed_under_load()
a_crash_loop_ends_all()
one_is_restarted_gracefully()
nested()
sockets_of_systemd()
what_programs_say()
descriptors_are_kept_and_bounded()
orphans_and_groups()
how_commands_end()
in_a_container()
finish()

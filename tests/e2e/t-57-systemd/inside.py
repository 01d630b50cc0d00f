"""What the units promise, seen under a real systemd: installed, started, hung, killed, starved, and well again by itself."""
import os
import re
import signal
import socket
import subprocess
import time

from e2e import BINARY, ROOT, Api, check, finish, same, until
from given_up import alarms, left_alone, tried_again, wrong_configuration
from smtp import Client, deliver
from units import API, SMTP, Callers, DropIn, SlowLoad, is_served, journal, restarted, run, show, systemctl, write

MESSAGE = b"Subject: unit\r\n\r\nbody\r\n"


def installed():
    build = os.path.dirname(BINARY)
    status, out = run("cmake", "--install", build, "--prefix", "/usr")
    check("cmake --install", status == 0, out)
    status, out = run("systemd-sysusers", "/usr/lib/sysusers.d/maildrop.conf")
    check("the user is made", status == 0, out)
    status, out = run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/maildrop.conf")
    check("the folders are made", status == 0 and os.path.isdir("/run/maildrop"), out)
    write("/etc/maildrop/maildrop.toml", '[mail]\ndomains = ["example.test"]\n')
    systemctl("daemon-reload")
    same("nothing is enabled by that", re.findall(r"maildrop\S* +enabled ", systemctl("list-unit-files")), [])


def well_formed():
    names = [name for name in sorted(os.listdir(f"{ROOT}/systemd")) if re.search(r"\.(service|socket|timer|slice)$", name)]
    names = [name.replace("@.", "@maildrop.service.") for name in names]
    _, out = run("systemd-analyze", "verify", *names)
    same("systemd-analyze finds nothing wrong", [line for line in out.splitlines() if "maildrop" in line], [])
    # Tenths of exposure: units that ask the DNS themselves, those without a network, and one that reaches this machine alone.
    for unit, most in (("maildrop", 11), ("maildrop-smtp", 11), ("maildrop-api", 3), ("maildrop-purge", 3), ("maildrop-canary", 10)):
        status, out = run("systemd-analyze", "security", "--no-pager", f"--threshold={most}", f"{unit}.service")
        check(f"exposure of {unit}.service is at most {most / 10}", status == 0, out.strip().splitlines()[-1:])
    with open(f"{ROOT}/examples/systemd/local-resolver.conf") as file:
        local = file.read().split("[Service]")[1]
    with DropIn("maildrop-smtp.service", local):
        status, out = run("systemd-analyze", "security", "--no-pager", "--threshold=10", "maildrop-smtp.service")
        check("and with a resolver on this machine at most 1.0", status == 0, out.strip().splitlines()[-1:])


def started():
    systemctl("enable", "--now", "maildrop.service")
    check("SMTP serves", is_served())
    same("delivered", deliver(SMTP, ["first@example.test"], MESSAGE).code, 250)
    for port in (80, 8080):
        with Api(f"127.0.0.1:{port}") as api:
            same(f"read at {port}", len(api.messages("first")), 1)
    with Api(API) as api:
        same("from within its sandbox, too, a message goes all of its way", api.get("/readyz?deep=1")[0], 200)
    with open(f"/proc/{show('maildrop', 'MainPID')}/status") as file:
        status = file.read()
    check("it is no root, and may do nothing", "Uid:\t0" not in status and re.search(r"CapEff:\t0+\n", status), status)
    with Client(SMTP):
        status = until(lambda: re.search("[1-9].* SMTP connections", show("maildrop", "StatusText")) and show("maildrop", "StatusText"), 15)
    check("its status is told in words", status and all(word in status for word in ("messages/s", "store ok", "DNS ok")), status)
    with Client(SMTP) as client:
        client.cmd("EHLO client.example")
        quoted = re.search(r"\[(\w+)\]$", client.cmd("MAIL FROM:<>" + " x=y" * 3).lines[-1])[1]
    _, out = run(BINARY, "doctor")
    check("the doctor knows whose ports these are", "127.0.0.1:8080 is held by systemd" in out and "cannot listen" not in out, out)
    found = until(lambda: " session " in (out := run(BINARY, "session", quoted)[1]) and out)
    check("what a reply quotes is found in the journal", found and found.startswith(f"session {quoted} of ") and "refused=1" in found, found)
    systemctl("stop", "maildrop.service")
    same("stopped, its sockets stay", (show("maildrop", "ActiveState"), show("maildrop-smtp.socket", "ActiveState")), ("inactive", "active"))
    check("who connects starts it", is_served())
    same("it", show("maildrop", "ActiveState"), "active")
    same("and not another", show("maildrop-smtp", "Id"), "maildrop.service")


def held_thread(pid, name):
    """Stops one thread of a process, as if it hung: a child traces it until it ends."""
    tid = next(int(t) for t in os.listdir(f"/proc/{pid}/task") if open(f"/proc/{pid}/task/{t}/comm").read().strip() == name)
    code = ("import ctypes, os, sys\n"
            "tid = int(sys.argv[1]); libc = ctypes.CDLL(None, use_errno=True)\n"
            "if libc.ptrace(16, tid, 0, 0) != 0: sys.exit(os.strerror(ctypes.get_errno()))\n"  # PTRACE_ATTACH
            "print('held', flush=True)\n"
            "while True:\n"
            "    if not os.WIFSTOPPED(os.waitpid(tid, 0x40000000)[1]): break\n")  # __WALL
    holder = subprocess.Popen(["/usr/bin/python3", "-c", code, str(tid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if holder.stdout.readline() != "held\n":
        print("  skipped: a thread cannot be held here:", holder.stderr.read().strip())
        return None
    return holder


def hung():
    with DropIn("maildrop.service", "WatchdogSec=2"):
        systemctl("restart", "maildrop.service")
        pid = show("maildrop", "MainPID")
        time.sleep(3)
        same("it is not ended while it goes on", show("maildrop", "MainPID"), pid)
        for thread in ("loop 1", "commit"):
            pid = show("maildrop", "MainPID")
            holder = held_thread(pid, thread) if thread.startswith("loop") else None
            if thread == "commit":  # two minutes are its own, so here the whole process is what hangs
                os.kill(int(pid), signal.SIGSTOP)
                thread = "the process"
            elif holder is None:
                continue
            begin = time.monotonic()
            check(f"{thread} hangs: the process is replaced", restarted("maildrop", pid, 10), journal("maildrop")[-1500:])
            print(f"  {thread} hung: replaced after {time.monotonic() - begin:.2f} s (WatchdogSec=2)")
            if holder:
                holder.kill()
                holder.wait()
                check("and the log says what hung", re.search("hangs what=.loop 1 for", journal("maildrop")), journal("maildrop")[-1500:])
        check("by the watchdog", "Watchdog timeout" in journal("maildrop"))
        check("it serves again", is_served())
    systemctl("reset-failed", "maildrop.service")


def restarted_under_load():
    systemctl("restart", "maildrop.service")
    with SlowLoad() as load, Callers() as callers:
        load.address = SMTP
        for how in ("restart", "kill", "restart", "kill"):
            time.sleep(0.5)
            pid = show("maildrop", "MainPID")
            if how == "restart":
                systemctl("restart", "maildrop.service")
            else:
                os.kill(int(pid), signal.SIGKILL)
            check(f"{how}: it is back", restarted("maildrop", pid))
        time.sleep(0.5)
        load.address = None
    check("nobody was refused", callers.greeted > 50 and callers.failed <= 2, (callers.greeted, callers.failed, callers.errors))
    check("none but those whose greeting was under way at a kill -9", "ConnectionRefused" not in str(callers.errors), callers.errors)
    print(f"  two restarts and two kill -9: {callers.greeted} greeted, {callers.failed} cut off, slowest {callers.slowest:.2f} s")
    with Api(API) as api:
        load.check_all(api, "four ends under load")
    systemctl("reset-failed", "maildrop.service")


def reloaded():
    pid = show("maildrop", "MainPID")
    write("/etc/maildrop/maildrop.toml", '[mail]\ndomains = ["example.test", "other.test"]\n')
    systemctl("reload", "maildrop.service")
    same("reload: the new domain counts", until(lambda: deliver(SMTP, ["bob@other.test"], MESSAGE).code == 250), True)
    write("/etc/maildrop/maildrop.toml", '[mail]\ndomain = "example.test"\n')
    systemctl("reload", "maildrop.service")
    status = until(lambda: "reload failed" in show("maildrop", "StatusText") and show("maildrop", "StatusText"))
    check("a wrong configuration is told", status and "mail.domain" in status, status)
    same("and the old one stays", deliver(SMTP, ["bob@other.test"], MESSAGE).code, 250)
    same("of the same process", show("maildrop", "MainPID"), pid)
    systemctl("stop", "maildrop.service", "maildrop-smtp.socket", "maildrop-api.socket")
    status, _ = run("systemctl", "start", "maildrop.service")
    same("a start with it fails, and is not tried again", (status != 0, show("maildrop", "NRestarts")), (True, "0"))
    write("/etc/maildrop/maildrop.toml", '[mail]\ndomains = ["example.test"]\n')
    systemctl("reset-failed", "maildrop.service", "maildrop-smtp.socket", "maildrop-api.socket")
    systemctl("start", "maildrop.service")


def canary():
    """Each minute a message goes all of its way; when it does not for some time, that is told."""
    with DropIn("maildrop-canary.timer", "OnActiveSec=100ms\nAccuracySec=10ms", "Timer"):  # a minute after the boot is too long for us
        systemctl("enable", "--now", "maildrop-canary.timer")
        check("it is sent by its timer", until(lambda: "removed in" in journal("maildrop-canary"), 15), journal("maildrop-canary"))
        same("and came back", show("maildrop-canary", "Result"), "success")
        check("the next one will be", "maildrop-canary.timer" in systemctl("list-timers"))
    systemctl("stop", "maildrop-canary.timer", "maildrop.service", "maildrop-api.socket")
    with DropIn("maildrop-canary.service", "RestartSec=50ms"):
        run("systemctl", "start", "maildrop-canary.service")
        check("without the API it fails for good", until(lambda: show("maildrop-canary", "ActiveState") == "failed"), journal("maildrop-canary"))
        said = journal("maildrop-canary")
        check("not at once", 3 < said.count("the inbox cannot be read: cannot reach '127.0.0.1:8080'") <= 8, said)
        check("and that is told", until(lambda: alarms("maildrop-canary.service") == 1))
        run("systemctl", "start", "maildrop-canary.service")  # as its timer does, too early
        systemctl("start", "maildrop-api.socket", "maildrop.service")
        systemctl("reset-failed", "maildrop-canary.service")
        systemctl("start", "maildrop-canary.service")
        same("and then it goes all of its way again", show("maildrop-canary", "Result"), "success")
        same("told once", alarms("maildrop-canary.service"), 1)
    systemctl("disable", "maildrop-canary.timer")


def out_of_memory():
    """The budgets refuse mail before that; without them the kernel ends the process, and it is back."""
    lift = "Environment=MAILDROP_STORE_URL=memory: MAILDROP_INBOX_MAX_MESSAGES=1000 MAILDROP_STORE_COMPRESSION=0\nMemoryMax=48M"
    with DropIn("maildrop.service", lift):
        systemctl("restart", "maildrop.service")
        pid = show("maildrop", "MainPID")
        body = b"Subject: large\r\n\r\n" + (os.urandom(30).hex().encode() + b"\r\n") * 6000
        with Client(SMTP, timeout=10) as client:
            for _ in range(150):
                try:
                    if client.deliver(["large@example.test"], body).code != 250:
                        break
                except OSError:
                    break
        begin = time.monotonic()
        check("out of memory: another process serves", is_served() and restarted("maildrop", pid), journal("maildrop")[-800:])
        print(f"  out of memory: the next greeting after {time.monotonic() - begin:.2f} s")
    systemctl("restart", "maildrop.service")
    systemctl("reset-failed", "maildrop.service")


def flooded_log():
    with DropIn("maildrop.service", "LogRateLimitIntervalSec=1s\nLogRateLimitBurst=20\nEnvironment=MAILDROP_LOG_REPEATS=0"):
        systemctl("restart", "maildrop.service")
        time.sleep(1.1)  # what it wrote before counts
        for _ in range(10):
            with Client(SMTP) as client:
                client.cmd("EHLO client.example")
                for _ in range(20):
                    client.cmd("MAIL FROM:<a@b.example>")
                    client.cmd("RCPT TO:<x@nowhere.example>")
                    client.cmd("RSET")
        time.sleep(1.1)
        same("mail goes on", deliver(SMTP, ["flood@example.test"], MESSAGE).code, 250)
        cut = until(lambda: re.search(r"Suppressed \d+ messages from maildrop.service", journal("maildrop")))
        check("a flood of lines is cut, and the journal says by how many", cut, journal("maildrop")[-600:])
        print("  LogRateLimitBurst=20 of a flood:", cut and cut.group())
    systemctl("restart", "maildrop.service")


def full_disk():
    systemctl("stop", "maildrop.service")
    run("mount", "-t", "tmpfs", "-o", "size=24M,mode=0700", "none", "/var/lib/maildrop")
    run("chown", "maildrop:maildrop", "/var/lib/maildrop")
    check("on a small disk it serves", is_served())
    pid = show("maildrop", "MainPID")
    free = os.statvfs("/var/lib/maildrop").f_bavail * os.statvfs("/var/lib/maildrop").f_frsize
    with open("/var/lib/maildrop/ballast", "wb") as file:
        try:
            file.write(bytes(free))
        except OSError:
            pass
    codes = {deliver(SMTP, [f"full{n}@example.test"], MESSAGE + os.urandom(40_000).hex().encode() + b"\r\n").code for n in range(8)}
    check("a full disk: mail is asked for again, never lost", codes and codes <= {250, 451, 452}, codes)
    check("and some of it is", codes & {451, 452}, codes)
    os.unlink("/var/lib/maildrop/ballast")
    begin = time.monotonic()
    same("freed: mail is taken", until(lambda: deliver(SMTP, ["freed@example.test"], MESSAGE).code == 250, 15), True)
    print(f"  disk full: mail is taken {time.monotonic() - begin:.2f} s after there is room")
    same("by the same process", show("maildrop", "MainPID"), pid)
    systemctl("stop", "maildrop.service")
    run("umount", "/var/lib/maildrop")


def port_465():
    """Taken up as the manual says; and let go."""
    write("/etc/default/maildrop", "MAILDROP_TLS_SELF_SIGNED=true\n")
    systemctl("enable", "maildrop-smtps.socket")
    systemctl("stop", "maildrop.service", "maildrop-smtp.socket", "maildrop-api.socket")
    systemctl("start", "maildrop-smtps.socket", "maildrop.service")
    with Client("127.0.0.1:465", banner=False) as client:
        client.start_tls()
        same("port 465 speaks TLS first", client.reply().code, 220)
    check("and port 25 is there", is_served())
    with Api(API) as api:
        same("and the API", api.get("/readyz")[0], 200)
    systemctl("disable", "maildrop-smtps.socket")
    systemctl("stop", "maildrop.service", "maildrop-smtps.socket")
    os.unlink("/etc/default/maildrop")
    check("and let go", is_served())
    with socket.socket() as probe:
        check("nobody listens there", probe.connect_ex(("127.0.0.1", 465)) != 0)


def halves():
    """Two processes on Redis, which goes away and comes back; a secret as a credential."""
    systemctl("disable", "--now", "maildrop.service")
    systemctl("stop", "maildrop-smtp.socket", "maildrop-api.socket")
    write("/run/redis.conf", "port 0\nunixsocket /run/redis-test.sock\nunixsocketperm 777\nsave \"\"\nrequirepass secret\n"
          "appendonly yes\nappendfsync always\ndir /run\n")
    run("systemd-run", "--unit=redis-test", "-p", "Restart=on-failure", "-p", "RestartSec=2", "redis-server", "/run/redis.conf")
    check("Redis is there", until(lambda: os.path.exists("/run/redis-test.sock")))
    write("/run/secret", "secret\n")
    os.chmod("/run/secret", 0o600)
    write("/etc/default/maildrop", "MAILDROP_STORE_URL=redis+unix:///run/redis-test.sock\n")
    secret = "LoadCredential=redis-password:/run/secret\nEnvironment=MAILDROP_REDIS_PASSWORD_FILE=%d/redis-password"
    with DropIn("maildrop-smtp.service", secret), DropIn("maildrop-api.service", secret):
        systemctl("enable", "--now", "maildrop-smtp.service", "maildrop-api.service")
        same("two units", (show("maildrop-smtp", "Id"), show("maildrop-api", "Id")), ("maildrop-smtp.service", "maildrop-api.service"))
        same("delivered by the one", deliver(SMTP, ["half@example.test"], MESSAGE).code, 250)
        with Api(API) as api:
            same("read of the other, which has no network", len(api.messages("half")), 1)
            same("so that it can send nothing itself", api.get("/readyz?deep=1")[0], 501)
        systemctl("start", "maildrop-canary.service")
        same("and all of the way through both", show("maildrop-canary", "Result"), "success")
        before = [show(unit, "MainPID") for unit in ("maildrop-smtp", "maildrop-api")]
        os.kill(int(show("redis-test", "MainPID")), signal.SIGKILL)
        same("Redis is dead: mail is asked for again", deliver(SMTP, ["gap@example.test"], MESSAGE).code, 451)
        back = until(lambda: run("redis-cli", "-s", "/run/redis-test.sock", "-a", "secret", "ping")[1].endswith("PONG\n"), 15)
        begin = time.monotonic()
        check("Redis is back: mail is taken", back and until(lambda: deliver(SMTP, ["back@example.test"], MESSAGE).code == 250, 15))
        print(f"  Redis killed: mail is taken {time.monotonic() - begin:.2f} s after it is back")
        with Api(API) as api:
            same("and nothing that was acknowledged is lost", len(api.messages("half")), 1)
        same("nobody was restarted for it", [show(unit, "MainPID") for unit in ("maildrop-smtp", "maildrop-api")], before)
        status, out = run("systemctl", "start", "maildrop-purge.service")
        # Its credential is not there, so it cannot log in: a failure that is told.
        check("a purge without the password fails, and says why", status != 0 and "NOAUTH" in journal("maildrop-purge"), journal("maildrop-purge"))
    with DropIn("maildrop-purge.service", secret):
        systemctl("reset-failed", "maildrop-purge.service")
        systemctl("start", "maildrop-purge.service")
        same("and with it purges", show("maildrop-purge", "Result"), "success")
    systemctl("disable", "--now", "maildrop-smtp.service", "maildrop-api.service")
    systemctl("stop", "maildrop-smtp.socket", "maildrop-api.socket", "redis-test.service")
    os.unlink("/etc/default/maildrop")


def dynamic_user():
    """Without socket units: a user made for the unit alone, and the one capability that ports below 1024 want."""
    units = "/usr/lib/systemd/system"
    with open(f"{units}/maildrop-smtp.service") as file:
        unit = "\n".join(line for line in file.read().split("\n") if ".socket" not in line and not line.startswith("Environment="))
    with open(f"{units}/maildrop-.service.d/10-hardening.conf") as file:
        write("/etc/systemd/system/dynamic.service.d/10-hardening.conf", file.read())
    write("/etc/systemd/system/dynamic.service", unit)
    write("/run/dynamic.toml", '[mail]\ndomains = ["example.test"]\n[smtp]\nlisten = ["127.0.0.1:25"]\n')
    own = ("Environment=MAILDROP_CONFIG=/run/dynamic.toml MAILDROP_STORE_URL=sqlite:%S/dynamic/mail.db\n"
           "DynamicUser=yes\nUser=dynamic\nGroup=dynamic\nStateDirectory=dynamic\nPrivateUsers=no\n"
           "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE")
    with DropIn("dynamic.service", own):
        status, _ = run("systemctl", "start", "dynamic.service")
        check("a dynamic user serves port 25", status == 0 and is_served(), journal("dynamic")[-1200:])
        same("and stores", deliver(SMTP, ["dynamic@example.test"], MESSAGE).code, 250)
        systemctl("stop", "dynamic.service")


for part in (installed, well_formed, started, hung, restarted_under_load, reloaded, tried_again, left_alone, wrong_configuration, canary, out_of_memory, flooded_log, full_disk,
             port_465, halves, dynamic_user):
    begin = time.monotonic()
    part()
    print(f"  {part.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
finish()

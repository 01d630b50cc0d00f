"""given_up.py: what has failed for good is told once, and tried again unless somebody wants it otherwise."""
import os
import re
import signal
import time

from e2e import check, same, until
from units import Callers, DropIn, is_served, journal, restarted, run, show, systemctl, write

UNIT = "maildrop.service"
RETRY, TRY = f"maildropd-retry@{UNIT}.timer", f"maildropd-retry@{UNIT}.service"
SOON = "OnActiveSec=\nOnActiveSec=1s\nAccuracySec=10ms"
ALARMED = "/run/alarmed"
GOOD, WRONG = '[mail]\ndomains = ["example.test"]\n', '[mail]\ndomain = "example.test"\n'


def alarms(unit=UNIT):
    if not os.path.exists(ALARMED):
        return 0
    with open(ALARMED) as file:
        return file.read().split().count(unit)


def retry_waits():
    return show(RETRY, "ActiveState") == "active"


def stop_all():
    systemctl("stop", UNIT, "maildrop-smtp.socket", "maildrop-api.socket")


def end_all_the_time():
    systemctl("restart", UNIT)
    for _ in range(8):
        pid = show("maildrop", "MainPID")
        if pid == "0":
            break
        os.kill(int(pid), signal.SIGKILL)
        if not restarted("maildrop", pid, 5):
            break
    same("who ends all the time stays ended", show("maildrop", "ActiveState"), "failed")


def tried_again():
    write("/etc/maildrop/alarm", "#!/bin/sh\necho \"$1\" >> " + ALARMED + "\n")
    os.chmod("/etc/maildrop/alarm", 0o755)
    end_all_the_time()
    check("for that reason", "repeated too quickly" in journal("maildrop"), journal("maildrop")[-600:])
    same("that is told at once", until(lambda: alarms() == 1), True)
    check("and in the journal", until(lambda: "has failed for good" in journal(f"maildropd-alarm@{UNIT}.service")))
    check("and it is to be tried again in a while", re.search(rf"4min.* {re.escape(RETRY)}", systemctl("list-timers", "--all")),
          systemctl("list-timers", "--all"))
    systemctl("stop", RETRY)
    with DropIn(RETRY, SOON, "Timer"):  # five minutes are too long for us
        systemctl("start", RETRY)
        systemctl("daemon-reload")  # as whoever edits a unit does meanwhile, and each upgrade
        check("when it serves again", until(lambda: show("maildrop", "ActiveState") == "active", 15) and is_served(), journal(TRY))
    same("and nothing is left to be tried", until(lambda: not retry_waits()), True)
    same("told once", alarms(), 1)


def left_alone():
    """Seen to by a person while it waits for the next try."""
    end_all_the_time()
    same("it will be tried again", until(retry_waits), True)
    systemctl("disable", "--now", UNIT, "maildrop-smtp.socket", "maildrop-api.socket")
    systemctl("start", TRY)
    same("but not what is disabled", show("maildrop", "ActiveState"), "failed")
    systemctl("enable", UNIT)
    systemctl("reset-failed", UNIT)
    systemctl("start", TRY)
    same("nor what he has taken note of", show("maildrop", "ActiveState"), "inactive")
    systemctl("start", UNIT)
    pid = show("maildrop", "MainPID")
    systemctl("start", TRY)
    same("nor what is well", (show("maildrop", "MainPID"), show("maildrop", "ActiveState")), (pid, "active"))


def wrong_configuration():
    """Each client starts it once more, by the sockets."""
    before = alarms()
    write("/etc/maildrop/maildrop.toml", WRONG)
    with Callers():
        run("systemctl", "restart", UNIT)
        check("with a wrong configuration it fails", until(lambda: show("maildrop", "ActiveState") == "failed" and retry_waits(), 10))
        time.sleep(0.5)
    same("and that is told once, whoever connects", alarms(), before + 1)
    with DropIn(RETRY, SOON, "Timer"):
        systemctl("stop", RETRY)
        systemctl("start", RETRY)
        same("once more when the next try fails", until(lambda: alarms() == before + 2, 10), True)
    write("/etc/maildrop/maildrop.toml", GOOD)
    stop_all()
    systemctl("reset-failed", UNIT, "maildrop-smtp.socket", "maildrop-api.socket")
    systemctl("start", UNIT)
    check("mended, it serves", is_served())

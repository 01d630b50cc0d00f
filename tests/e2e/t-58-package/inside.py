"""The package of Debian: installed, used, upgraded while mail flows, removed, purged."""
import glob
import os
import re
import time

from e2e import WORK, Api, check, finish, same, until
from smtp import deliver
from units import API, SMTP, Callers, DropIn, SlowLoad, is_served, restarted, run, show, systemctl

MESSAGE = b"Subject: package\r\n\r\nbody\r\n"
FIRST, = glob.glob(f"{WORK}/one/maildropd_*.deb")
STATE = "/var/lib/maildrop/mail.db"


def dpkg(*words):
    status, out = run("dpkg", "--force-confold", *words)
    return check("dpkg " + " ".join(word.rsplit("/", 1)[-1] for word in words), status == 0, out)


def enabled():
    return re.findall(r"maildrop\S*(?= +enabled )", systemctl("list-unit-files"))


def installed():
    dpkg("-i", FIRST)
    same("nothing is enabled", enabled(), [])
    same("nothing runs", (show("maildrop", "ActiveState"), show("maildrop-smtp.socket", "ActiveState")), ("inactive", "inactive"))
    status, out = run("maildrop", "version")
    check("the binary runs", status == 0 and "maildrop" in out, out)
    for page in ("maildrop", "maildrop.toml", "maildrop-systemd"):
        status, out = run("man", "-P", "cat", page)
        check(f"man {page}", status == 0 and "maildrop" in out, out[:300])
    # What an operator does, in two lines.
    with open("/etc/default/maildrop", "a") as file:
        file.write("MAILDROP_MAIL_DOMAINS=example.test\n")
    systemctl("enable", "--now", "maildrop.service")
    check("it serves", is_served())
    same("delivered", deliver(SMTP, ["kept@example.test"], MESSAGE).code, 250)


def upgraded():
    pid = show("maildrop", "MainPID")
    with SlowLoad() as load, Callers() as callers:
        load.address = SMTP
        time.sleep(0.5)
        dpkg("-i", f"{WORK}/next.deb")
        check("an upgrade starts it again", restarted("maildrop", pid))
        time.sleep(0.5)
        load.address = None
    same("nobody is refused meanwhile", (callers.failed, callers.errors), (0, set()))
    print(f"  upgrade under load: {callers.greeted} greeted, {callers.failed} refused, slowest {callers.slowest:.2f} s")
    with Api(API) as api:
        load.check_all(api, "upgrade")
        same("the mail of before is there", len(api.messages("kept")), 1)
    with open("/etc/default/maildrop") as file:
        check("and the settings", "example.test" in file.read())


def mended():
    """What has failed for good under one version is started by the next."""
    with DropIn("maildrop.service", "Environment=MAILDROP_NO_SUCH=1"):
        run("systemctl", "restart", "maildrop.service")
        same("it has failed", until(lambda: show("maildrop", "ActiveState") == "failed"), True)
    systemctl("stop", "maildrop-smtp.socket", "maildrop-api.socket")  # else who connects starts it
    dpkg("-i", f"{WORK}/next.deb")
    same("an upgrade starts what has failed", until(lambda: show("maildrop", "ActiveState") == "active", 10), True)
    check("and it serves", is_served())


def removed():
    dpkg("-r", "maildropd")
    same("removed: nothing is left of it that runs", until(lambda: run("pgrep", "-x", "maildrop")[0] != 0), True)
    same("or is enabled", enabled(), [])
    check("the mail stays", os.path.exists(STATE))
    dpkg("-i", FIRST)
    systemctl("enable", "--now", "maildrop.service")
    with Api(API) as api:
        same("and is read when it is installed again", len(api.messages("kept")), 1)


def purged():
    os.makedirs("/var/log/maildrop", exist_ok=True)  # as examples/systemd/log-file.conf has it
    dpkg("-P", "maildropd")
    left = [path for path in ("/var/lib/maildrop", "/etc/maildrop", "/etc/default/maildrop", "/run/maildrop", "/var/log/maildrop", "/usr/bin/maildrop") if os.path.exists(path)]
    same("purged: nothing is left", left, [])
    same("no unit either", [path for path in glob.glob("/etc/systemd/system/**/*maildrop*", recursive=True)], [])


for part in (installed, upgraded, mended, removed, purged):
    part()
finish()

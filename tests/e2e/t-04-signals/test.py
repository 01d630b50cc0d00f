"""Signals of `serve`, and of the two halves alone."""
import re
import resource
import signal
import time

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client

MESSAGE = b"Subject: in flight\r\n\r\nbody\r\n"
CONFIG = f"{WORK}/maildrop.toml"


def refused(address):
    try:
        with Client(address, timeout=5) as client:
            return client.banner.code in (0, 421)
    except OSError:
        return True


def drains(number, name):
    with Daemon() as daemon:
        client = Client(daemon.smtp)
        same(f"{name}: 354", client.begin([f"{name}@example.test"]).code, 354)
        client.send(MESSAGE[:10])
        idle = Client(daemon.smtp)
        daemon.signal(number)
        check(f"{name}: new connections are refused", until(lambda: refused(daemon.smtp)))
        check(f"{name}: the process waits for the message", daemon.process.poll() is None, daemon.log())
        client.send(MESSAGE[10:] + b".\r\n")
        same(f"{name}: the message in flight is accepted", client.reply().code, 250)
        same(f"{name}: an idle client is told so", idle.reply().code, 421)
        same(f"{name}: status", daemon.wait(10), 0) or print(daemon.log())
    status, out, _ = maildrop("inbox", name, "latest", "--raw")
    check(f"{name}: and stored", status == 0 and out.endswith(MESSAGE), out[-200:])


def ends_at_once(number, name, status):
    with Daemon() as daemon:
        client = Client(daemon.smtp)
        client.begin(["slow@example.test"])
        daemon.signal(number)
        daemon.signal(number)  # as `timeout` does: the process, then its group
        until(lambda: refused(daemon.smtp))
        time.sleep(0.6)
        check(f"one {name} waits, also when it is said twice", daemon.process.poll() is None, daemon.log())
        daemon.signal(number)
        start = time.monotonic()
        same(f"a second {name} ends at once", daemon.wait(5), status) or print(daemon.log())
        check("within two seconds", time.monotonic() - start < 2)


def idle_clients_do_not_hold_it_up():
    """Several times: the drain met the once-a-second sweep of connections in a race once, and never ended."""
    for turn in range(5):
        with Daemon() as daemon:
            client = Client(daemon.smtp)
            start = time.monotonic()
            daemon.signal(signal.SIGTERM)
            same(f"an idle client that stays {turn}: status", daemon.wait(15), 0) or print(daemon.log())
            check("within four seconds", time.monotonic() - start < 4, time.monotonic() - start)
            client.close()


def drain_has_a_limit():
    with Daemon({"service.drain_timeout": "1s"}) as daemon:
        client = Client(daemon.smtp)
        client.begin(["slow@example.test"])
        daemon.signal(signal.SIGTERM)
        same("at the end of the drain a client in DATA hears 421", client.reply().code, 421)
        same("a client that never ends does not hold up the drain", daemon.wait(10), 0) or print(daemon.log())


def write_config(text):
    with open(CONFIG, "w") as f:
        f.write(text)


def accepts(address, recipient):
    with Client(address) as client:
        client.cmd("EHLO c.example.test")
        client.cmd("MAIL FROM:<a@example.test>")
        return client.cmd(f"RCPT TO:<{recipient}>").code == 250


def reloads():
    write_config('[mail]\ndomains = ["one.test"]\n')
    config = {"command": ("serve", "--config", CONFIG)}
    with Daemon({"mail.domains": None}, **config) as daemon:
        check("one.test is ours", accepts(daemon.smtp, "a@one.test"))
        check("two.test is not", not accepts(daemon.smtp, "a@two.test"))
        held = Client(daemon.smtp)
        write_config('[mail]\ndomains = ["two.test"]\n[limits]\nmemory = "48M"\n')
        daemon.signal(signal.SIGHUP)
        check("HUP: two.test is ours", until(lambda: accepts(daemon.smtp, "a@two.test")), daemon.log())
        check("HUP: one.test no longer is", not accepts(daemon.smtp, "a@one.test"))
        same("HUP: a connection from before lives", held.cmd("NOOP").code, 250)
        for broken, want in (('[mail]\ndomains = ["three.test"\n', r"maildrop\.toml"),
                             ('[mail]\ndomain = ["three.test"]\n', r"domains"),
                             ('[mail]\ndomains = ["three.test"]\nmax_size = "many"\n', r"max_size")):
            write_config(broken)
            seen = len(daemon.lines)
            daemon.signal(signal.SIGHUP)
            check(f"a broken file is reported, naming {want}", daemon.wait_for(want, 5, seen), daemon.log())
            check("and the old configuration stays", accepts(daemon.smtp, "a@two.test") and
                  not accepts(daemon.smtp, "a@three.test"))
        with Api(daemon.api) as api:
            same("the API still answers", api.get("/livez")[0], 200)
            check("HUP: limits.memory is what is told", f"maildrop_memory_limit_bytes {48 << 20}\n" in str(api.get("/metrics")).replace("\\n", "\n"))
        held.close()
        daemon.stop()


def said_twice():
    """As timeout(1) and shells do; an idle process is nearly through with its end when the second comes."""
    statuses = []
    for pause in (0, 0.001, 0.002, 0.004, 0.008, 0.016, 0.05):
        with Daemon() as daemon:
            for _ in range(2):
                daemon.signal(signal.SIGTERM)
                time.sleep(pause)
            statuses.append(daemon.wait(10))
    same("TERM said twice ends as TERM", statuses, [0] * len(statuses))


def reload_that_contradicts_the_rest():
    small = '[api]\nmemory = "256MiB"\n[store]\nmax_size = "4MiB"\n[mail]\nmax_size = "1MiB"\n'
    write_config(small)
    with Daemon({"mail.domains": "example.test"}, command=("serve", "--config", CONFIG)) as daemon:
        write_config('[api]\nmemory = "256MiB"\n[store]\nmax_size = "400MiB"\n[mail]\nmax_size = "2MiB"\n')  # only the second is reloadable
        seen = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        check("a new value that contradicts what stays is refused", daemon.wait_for(r"reload failed.*store\.max_size", 5, seen),
              daemon.log())
        with Client(daemon.smtp) as client:
            check("and the old one stays", any("SIZE 1048576" in line for line in client.cmd("EHLO c.test").lines))
        check("of which the log says no more", not any("needs a restart" in line for line in daemon.lines[seen:]), daemon.log())
        write_config(small.replace("4MiB", "400MiB") + "[limits]\nhops = 7\n")
        seen = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(r"\breloaded\b", 5, seen)
        log = "\n".join(daemon.lines[seen:])
        check("of one that is applied, what changed and what needs a restart",
              "setting needs a restart key=store.max_size" in log and "setting changed key=limits.hops" in log, log)
        daemon.stop()


def few_descriptors():
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))
    with Daemon(preexec_fn=limit) as daemon:
        log = daemon.log()
        check("limits are lowered to what descriptors there are",
              all(re.search(rf"key={key} wanted=\d+ open_files=1000 lowered_to=\d+", log)
                  for key in ("dns.lookups", "api.connections", "limits.connections")), log)
        seen = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(r"\breloaded\b", 5, seen)
        check("and a reload takes that for no change", not any("needs a restart" in line or "setting changed" in line
                                                               for line in daemon.lines[seen:]), daemon.log())
        daemon.stop()


def halves():
    for command, service in (("serve-smtp", "smtp"), ("serve-api", "api")):
        with Daemon(command=(command,)) as daemon:
            check(f"{command} listens", len(daemon.addresses(service)) == 1)
            if service == "api":
                with Api(daemon.api) as api:
                    check("serve-api tells of no memory that it does not take", "maildrop_memory_" not in str(api.get("/metrics")))
            daemon.signal(signal.SIGTERM)
            same(f"{command} ends with 0 after TERM", daemon.wait(), 0)


drains(signal.SIGTERM, "term")
drains(signal.SIGINT, "int")
ends_at_once(signal.SIGTERM, "TERM", 143)
ends_at_once(signal.SIGINT, "INT", 130)
idle_clients_do_not_hold_it_up()
drain_has_a_limit()
reloads()
said_twice()
reload_that_contradicts_the_rest()
few_descriptors()
halves()
finish()

"""Redis as the store of several daemons, as operators meet it."""
import signal
import subprocess
import time

from e2e import BINARY, WORK, Api, Daemon, check, environment, finish, maildrop, same, until, without_trace
from load import Load
from redis import Redis
from smtp import Client, deliver, noise

MESSAGE = b"Subject: shared\r\n\r\nbody \xff\0 %s $5\r\n"


def shared():
    with open(f"{WORK}/password", "w") as file:
        file.write("s3cret\n")
    with Redis("--requirepass", "s3cret") as server:
        store = {"store.url": server.url + "?db=3", "redis.password_file": f"{WORK}/password", "redis.prefix": "mx:"}
        mail = {"smtp.listen": "127.0.0.1:0"}
        with Daemon({**store, **mail}, ("serve-smtp",)) as one, Daemon({**store, **mail}, ("serve-smtp",)) as two, \
                Daemon(store, ("serve-api",)) as reader, Api(reader.api) as api:
            for daemon in (one, two):
                same("mail comes in by either", deliver(daemon.smtp, ["bob@example.test", "carol@example.test"], MESSAGE).code, 250)
            messages = api.messages("bob")
            same("and is one inbox", len(messages), 2)
            same("byte for byte", without_trace(api.raw("bob", messages[0]["id"])), MESSAGE)
            status, out, _ = maildrop("inbox", "bob", "latest", "--raw", settings=store)
            same("on the command line, too", (status, without_trace(out)), (0, MESSAGE))
            status, _, _ = api.request("DELETE", f"/api/v3/mailboxes/bob/{messages[0]['id']}")
            same("deleted over HTTP", (status, len(api.messages("bob")), len(api.messages("carol"))), (204, 1, 2))
            status, _, _ = maildrop("inbox", "bob", "latest", "--delete", settings=store)
            same("deleted on the command line", (status, api.messages("bob")), (0, []))
            with subprocess.Popen([BINARY, "inbox", "dave", "--wait=30s", "--raw"], env=environment(store), stdout=subprocess.PIPE) as waiting:
                time.sleep(0.5)
                deliver(two.smtp, ["dave@example.test"], MESSAGE)
                same("who waits is told", (without_trace(waiting.communicate(timeout=40)[0]), waiting.returncode), (MESSAGE, 0))
            for daemon in (one, two, reader):
                daemon.stop()
            status, out, _ = maildrop("doctor", "--problems", settings={**store, **mail, "smtp.hostname": "localhost"})
            check("the doctor sees what this Redis would lose", status in (1, 2) and b"appendonly is off" in out, (status, out))
        _, out, err = maildrop("config", "show", settings=store)
        check("the password is shown nowhere", b"s3cret" not in out and "s3cret" not in err + one.log() + reader.log())
        status, _, err = maildrop("inbox", "bob", settings={**store, "redis.password_file": None})
        check("without it the command says why", status == 69 and "NOAUTH" in err, (status, err))


def late_and_gone():
    server = Redis(example=True)
    settings = {"store.url": server.url, "limits.errors": 1000}
    server.kill()
    with Daemon(settings) as daemon, Api(daemon.api) as api, Client(daemon.smtp) as client:
        check("a daemon starts without its Redis, and says so", daemon.wait_for("warning the store is not ready", 5))
        same("mail is put off", client.deliver(["eve@example.test"], MESSAGE).code, 451)
        same("it is not ready", api.get("/readyz")[0], 503)
        same("but alive", api.get("/livez")[0], 200)
        same("reading is unavailable", api.get("/api/v3/mailboxes/eve")[0], 503)
        server.start()
        check("then mail is taken", until(lambda: client.deliver(["eve@example.test"], MESSAGE).code == 250))
        check("and it is ready", until(lambda: api.get("/readyz")[0] == 200))

        with Load() as load:
            load.address = daemon.smtp
            until(lambda: len(load.acknowledged) > 50)
            server.signal(signal.SIGSTOP)
            check("a Redis that hangs: 451", until(lambda: load.codes.get(451, 0) >= 16, 20), load.codes)
            same("the page of status is not hung up", api.get("/livez")[0], 200)
            server.signal(signal.SIGCONT)
            before = len(load.acknowledged)
            check("and it goes on by itself", until(lambda: len(load.acknowledged) > before + 50, 20), load.codes)
        load.check_all(api, "hung")
        check("nobody was hung up on", set(load.codes) == {250, 451}, load.codes)
        daemon.stop()
    server.kill()


def full():
    with Redis("--maxmemory", "12mb", name="small") as server:
        with Daemon({"store.url": server.url, "limits.errors": 1000}) as daemon, Api(daemon.api) as api, Client(daemon.smtp) as client:
            large = b"Subject: large\r\n\r\n" + noise(4000)
            codes = [client.deliver([f"f{n}@example.test"], large).code for n in range(40)]
            check("a full Redis: 452, and what was taken stays", codes[0] == 250 and codes[-1] == 452 and set(codes) == {250, 452}, codes)
            same("all of it", [len(api.messages(f"f{n}")) for n in range(40)], [int(code == 250) for code in codes])
            for n in range(3):
                api.request("DELETE", f"/api/v3/mailboxes/f{n}/{api.messages(f'f{n}')[0]['id']}", {"X-Requested-With": "test"})
            check("freed again it takes mail", until(lambda: client.deliver(["again@example.test"], large).code == 250))
            daemon.stop()


shared()
late_and_gone()
full()
finish()

"""What is put beside what there is, and what goes: mail is taken all the same, and all of it is read."""
import collections
import contextlib
import re
import signal
import subprocess
import time

from e2e import WORK, Api, Daemon, check, end_with_parent, finish, same, until, without_trace
from load import Load
from network import SWITCH, Machine, ip
from redis import Redis
from servers import Server, example
from smtp import Client, deliver

MESSAGE = b"Subject: shared\r\n\r\nbody\r\n"
# As in examples/haproxy/haproxy.cfg.
HERE, BALANCER, NODES, READER, STORE = "192.0.2.1", "192.0.2.10", ("192.0.2.11", "192.0.2.12"), "192.0.2.13", "192.0.2.14"
# How long after a node has gone a client may hear of it, by the same file: HAProxy offers it until two checks, 1 s apart, have
# failed, and tries again for 3 s. Two more rounds of tries would show who is still sent there.
WINDOW, LONGER = 5, 4
REDIS_PORTS, SENTINEL_PORTS = (6379, 6380, 6381), (26379, 26380, 26381)
PROTECTED = ("--bind", STORE, "--protected-mode", "no")  # by the namespace


class Watcher(Redis):
    """A sentinel."""

    def __init__(self, port):
        self.port = port
        super().__init__(name=f"sentinel-{port}")

    def spawn(self):
        file = f"{self.folder}/sentinel.conf"
        with open(file, "w") as out:
            out.write(f"bind {STORE}\nport {self.port}\nprotected-mode no\nunixsocket {self.path}\ndir {self.folder}\nlogfile {self.folder}/log\n"
                      f"sentinel monitor mail {STORE} {REDIS_PORTS[0]} 2\nsentinel down-after-milliseconds mail 2000\n"
                      "sentinel failover-timeout mail 5000\n")
        self.process = subprocess.Popen(["redis-server", file, "--sentinel"], stdout=subprocess.DEVNULL, preexec_fn=end_with_parent)

    def knows(self):
        """How many replicas and other sentinels."""
        told = self.ask("SENTINEL MASTER mail").decode().split("\r\n")
        return tuple(int(told[told.index(name) + 2]) for name in ("num-slaves", "num-other-sentinels"))


class Clients(Load):
    """Who come, deliver a few, and go, without an end."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.came, self.refused = 0, []  # when somebody was not greeted

    def run(self, number):
        count = 0
        while not self.ending:
            client = self.come()
            if not client:
                time.sleep(0.02)
                continue
            with client, contextlib.suppress(OSError, ValueError):
                for _ in range(4):
                    count += 1
                    self.one(client, f"k{number}-{count}")
                    time.sleep(0.06)
                client.cmd("QUIT")

    def come(self):
        with contextlib.suppress(OSError, ValueError):
            client = Client(self.address, timeout=10)
            self.came += 1
            if client.banner.code == 220:
                return client
            client.close()
        self.refused.append(time.monotonic())
        return None

    def since(self, when):
        """The replies to what was sent since then: how many of each code."""
        return dict(collections.Counter(code for begun, _, code in list(self.replies) if begun > when))

    def acknowledged_between(self, begin, end=float("inf")):
        """When, of what was sent and answered in this time."""
        return [at for begun, at, code in list(self.replies) if code == 250 and begun > begin and at < end]


def figures(node):
    """What an autoscaler reads."""
    with Api(node.addresses("admin")[0]) as admin:
        text = admin.get("/admin/v1/metrics")[2].decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.M)}


def node(number):
    with machines[NODES[number]]:
        return Daemon({**shared, "smtp.listen": f"{NODES[number]}:25", "proxy.networks": BALANCER, "admin.listen": f"unix:{WORK}/node{number}.sock",
                       "limits.errors": 100000}, ("serve-smtp",))


def signals(nodes, load):
    """Connections, CPU and queue time of each."""
    before = [figures(each) for each in nodes]
    most = [0, 0]

    def busy():
        for number, each in enumerate(nodes):
            most[number] = max(most[number], figures(each)["maildrop_smtp_connections"])
        return all(most)
    check("both nodes tell of their connections", until(busy), most)
    until(lambda: len(load.acknowledged) > 200)
    for number, (was, now) in enumerate(zip(before, [figures(each) for each in nodes])):
        cpu = now["process_cpu_seconds_total"] - was["process_cpu_seconds_total"]
        answered = now["maildrop_smtp_delivery_seconds_count"] - was["maildrop_smtp_delivery_seconds_count"]
        queued = now["maildrop_smtp_delivery_seconds_sum"] - was["maildrop_smtp_delivery_seconds_sum"]
        check(f"node {number}: of its CPU and of how long deliveries wait", cpu > 0 and answered > 0 and queued > 0, (cpu, answered, queued))
        check("    and how many do now", "maildrop_delivery_waiting" in now)
        print(f"  node {number}: connections={most[number]:.0f} cpu={cpu:.2f}s deliveries={answered:.0f} queue={1000 * queued / max(1, answered):.1f}ms "
              f"resident={now['process_resident_memory_bytes'] / 2**20:.0f}MiB")


def lose_node(nodes, load):
    begun = time.monotonic()
    nodes[0].kill()
    gone = time.monotonic()
    time.sleep(WINDOW + LONGER)
    told = dict(collections.Counter(int(at - begun) for at in load.refused if at > begun))
    print(f"  a node killed: connections that were refused, by the second: {told}; replies {load.since(gone)}, "
          f"the first 250 after {min(load.acknowledged_between(gone), default=gone) - begun:.2f}s")
    check("a node that is killed: the other takes mail", len(load.acknowledged_between(gone + WINDOW)) > 20)
    return begun


def lose_replicas(load):
    """For a moment: what the master alone had would be lost with it (redis.wait_replicas)."""
    for each in redises[1:]:
        each.signal(signal.SIGSTOP)
    alone = time.monotonic()
    check("a master that is alone: mail is put off", until(lambda: load.since(alone).get(451)), load.since(alone))
    same("and nothing is acknowledged", load.acknowledged_between(alone), [])
    for each in redises[1:]:
        each.signal(signal.SIGCONT)


def is_master(redis):
    """None: whoever is given a role hangs up on all."""
    with contextlib.suppress(OSError):
        return b"master" in redis.ask("ROLE").split(b"\r\n")[:3]
    return None


def no_master(gone):
    """Until there is one again: who it is, when there was none at last, and when there was."""
    last, end = gone, gone + 30
    while time.monotonic() < end:
        asked = time.monotonic()
        found = [is_master(each) for each in redises[1:]]
        if any(found):
            return redises[1 + found.index(True)], last, time.monotonic()
        if None not in found:
            last = asked
        time.sleep(0.005)
    return None, last, last


def lose_master(load):
    begun = time.monotonic()
    redises[0].kill()
    gone = time.monotonic()
    promoted, last, chosen = no_master(gone)
    check("the sentinels choose a replica", promoted, [each.knows() for each in sentinels])
    check("until then mail is put off", load.since(gone).get(451, 0) > 0, load.since(gone))
    same("and nothing is acknowledged", load.acknowledged_between(gone, last), [])
    check("then it is taken again", until(lambda: len(load.acknowledged_between(chosen)) > 50, 20), load.since(chosen))
    print(f"  the master killed: a replica is master after {chosen - begun:.2f}s, the first 250 after "
          f"{min(load.acknowledged_between(gone), default=gone) - begun:.2f}s; replies {load.since(gone)}")
    same("nobody was hung up on", set(load.since(gone)), {250, 451})


def steady(nodes, reader):
    with Clients(f"{BALANCER}:25") as load:
        signals(nodes, load)
        killed = lose_node(nodes, load)
        with node(0) as again:
            check("a node that comes is given clients", until(lambda: figures(again)["maildrop_smtp_delivery_seconds_count"] > 10))
            lose_replicas(load)
            lose_master(load)
            load.finish()
            again.stop()
    late = [at - killed for at in load.refused if not 0 <= at - killed <= WINDOW]
    print(f"  {load.came} connections, refused {len(load.refused)}, of them {len(late)} beyond the retry window of {WINDOW} s")
    check("none was refused but while HAProxy did not know", not late, late)
    load.check_all(reader, "a node and the master killed")


def scaled():
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(node(number)) for number in range(2)]
        with machines[READER]:
            reader = stack.enter_context(Daemon({**shared, "api.listen": f"{READER}:80", "api.proxies": BALANCER}, ("serve-api",)))
        config = example("haproxy/haproxy.cfg", [(r"maxconn 20000", "maxconn 1000"), (r"192\.0\.2\.11:80\b", f"{READER}:80"),
                                                 (r" *server node2 192\.0\.2\.12:80 .*\n", "")])
        with open(config) as file:
            servers_named = re.findall(r"^ *server .*", file.read(), re.M)
        check("no server of the balancer's may be silent for long", servers_named and all(" tcp-ut 10s" in each for each in servers_named), servers_named)
        with machines[BALANCER]:
            stack.enter_context(Server(["haproxy", "-db", "-f", config], f"{BALANCER}:25"))
        with Client(f"{BALANCER}:25") as idle, machines[BALANCER]:
            idle.cmd("EHLO idle.example.test")
            timers = subprocess.run(["ss", "-tno", "dport = :25"], capture_output=True, text=True).stdout.splitlines()[1:]
            check("nor may one that is asked for nothing", any("keepalive," in each and "min" not in each for each in timers), timers)
        for each in nodes:
            same("delivered at a node", deliver(each.smtp, ["both@example.test"], MESSAGE).code, 250)
        with Api(f"{BALANCER}:80") as api:
            same("and through the balancer", deliver(f"{BALANCER}:25", ["both@example.test"], MESSAGE).code, 250)
            found = api.messages("both")
            same("all are read at the third", [without_trace(api.raw("both", each["id"])) for each in found], [MESSAGE] * 3)
            check("who came through the balancer keeps his address", f"[{HERE}]".encode() in (api.raw("both", found[0]["id"]) or b""))
        with Api(reader.api) as api:
            steady(nodes, api)
        nodes[1].stop()
        reader.stop()


ip(f"addr add {HERE}/24 dev {SWITCH}")
machines = {address: Machine(f"to{address[8:]}", address) for address in (BALANCER, *NODES, READER, STORE)}
urls = ",".join(f"{STORE}:{port}" for port in SENTINEL_PORTS)
shared = {"store.url": f"redis+sentinel://{urls}/mail", "redis.wait_replicas": 1, "limits.exempt": "192.0.2.0/24"}
with contextlib.ExitStack() as servers:
    with machines[STORE]:
        redises = [servers.enter_context(Redis(*PROTECTED, "--port", str(port), "--repl-diskless-sync-delay", "0",
                                               *(() if port == REDIS_PORTS[0] else ("--replicaof", f"{STORE} {REDIS_PORTS[0]}")),
                                               name=f"redis-{port}", example=True)) for port in REDIS_PORTS]
        check("two replicas are in step", until(lambda: all(b"connected" in each.ask("ROLE") for each in redises[1:]), 20))
        sentinels = [servers.enter_context(Watcher(port)) for port in SENTINEL_PORTS]
        check("three sentinels know of each other", until(lambda: all(each.knows() == (2, 2) for each in sentinels), 20),
              [each.knows() for each in sentinels])
    scaled()
finish()

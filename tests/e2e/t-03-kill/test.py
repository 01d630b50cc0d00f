"""kill -9 at random moments of a load: of the daemon, and of its Redis."""
import os
import random
import subprocess
import sys
import time

from e2e import Api, Daemon, check, end_with_parent, finish, until
from load import Load
from redis import DURABLE, Redis

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 30)


def some_load(load, title):
    """The first replies are there; then up to a moment of chance."""
    before = len(load.acknowledged)
    check(f"{title}: there is load", until(lambda: len(load.acknowledged) > before + 10, 20))
    time.sleep(random.uniform(0, 0.15))


def killed(load, daemon):
    daemon.process.kill()
    load.address = None
    daemon.process.wait()


def sqlite():
    settings = {"store.wal_size": "1MiB"}  # checkpoints are under way at some of the kills
    with Load() as load:
        for kill in range(KILLS):
            with Daemon(settings) as daemon:
                load.address = daemon.smtp
                some_load(load, f"sqlite, kill {kill + 1}")
                killed(load, daemon)
            with Daemon(settings, wait=False) as daemon:  # and of one that starts, and recovers
                time.sleep(random.uniform(0, 0.1))
                daemon.process.kill()
    with Daemon(settings) as daemon, Api(daemon.api) as api:
        load.check_all(api, f"sqlite, {KILLS} kills")
        daemon.stop()


def redis():
    with Redis(*DURABLE) as server:
        settings = {"store.url": server.url}
        with Load() as load:
            for kill in range(KILLS):
                with Daemon(settings) as daemon:
                    load.address = daemon.smtp
                    some_load(load, f"redis, kill {kill + 1} of the server")
                    server.kill()
                    time.sleep(random.uniform(0, 0.15))
                    server.start()
                    some_load(load, f"redis, kill {kill + 1} of the daemon")
                    killed(load, daemon)
        with Daemon(settings) as daemon, Api(daemon.api) as api:
            load.check_all(api, f"redis, {KILLS} kills of each")
            daemon.stop()
        check("redis: no reply but 250 and 451", set(load.codes) <= {0, 250, 451}, load.codes)


if len(sys.argv) > 1:
    random.seed(f"{SEED} {sys.argv[1]}")
    {"sqlite": sqlite, "redis": redis}[sys.argv[1]]()
    finish()
# Each backend is a process of its own: they have nothing in common but the time they take.
print(f"  SEED={SEED} KILLS={KILLS}", flush=True)
both = [subprocess.Popen([sys.executable, __file__, name], env={**os.environ, "SEED": str(SEED)}, preexec_fn=end_with_parent)
        for name in ("sqlite", "redis")]
sys.exit(max(each.wait() for each in both))

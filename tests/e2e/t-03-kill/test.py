"""kill -9 at random moments of a load: of the daemon, and of its Redis."""
import os
import random
import time

from e2e import Api, Daemon, check, finish, until
from load import Load
from redis import DURABLE, Redis

KILLS = int(os.environ.get("KILLS", "6"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 30)
random.seed(SEED)
print(f"  seed={SEED} kills={KILLS} of each")


def some_load(load, before):
    return until(lambda: len(load.acknowledged) > before + 20, 20)


def sqlite():
    with Load() as load:
        for kill in range(KILLS):
            with Daemon() as daemon:
                before = len(load.acknowledged)
                load.address = daemon.smtp
                check(f"sqlite, kill {kill + 1}: there is load", some_load(load, before))
                time.sleep(random.uniform(0, 0.8))
                daemon.process.kill()
                load.address = None
                daemon.process.wait()
    with Daemon() as daemon, Api(daemon.api) as api:
        load.check_all(api, "sqlite")
        daemon.stop()


def redis():
    with Redis(*DURABLE) as server:
        settings = {"store.url": server.url, "smtp.listen": "127.0.0.1:0"}
        with Load() as load:
            for kill in range(KILLS):
                with Daemon(settings) as daemon:
                    before = len(load.acknowledged)
                    load.address = daemon.smtp
                    check(f"redis, kill {kill + 1} of the server: there is load", some_load(load, before))
                    time.sleep(random.uniform(0, 0.4))
                    server.kill()
                    time.sleep(random.uniform(0, 0.4))
                    server.start()
                    before = len(load.acknowledged)
                    check(f"redis, kill {kill + 1} of the daemon: there is load", some_load(load, before))
                    time.sleep(random.uniform(0, 0.4))
                    daemon.process.kill()
                    load.address = None
                    daemon.process.wait()
        with Daemon(settings) as daemon, Api(daemon.api) as api:
            load.check_all(api, "redis")
            daemon.stop()
        check("redis: no reply but 250 and 451", set(load.codes) <= {0, 250, 451}, load.codes)


sqlite()
redis()
finish()

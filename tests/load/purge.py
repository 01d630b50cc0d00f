"""purge.py BINARY FOLDER: see purge.sh."""
import gc
import json
import os
import shutil
import smtplib
import subprocess
import sys
import threading
import time

import latency
from servers import Server, maildrop, raise_file_limit

COUNT = min(int(os.environ.get("COUNT", "100000")), 1_000_000)
LENGTH = min(int(os.environ.get("LENGTH", "2048")), 1 << 20)
RATE = min(int(os.environ.get("RATE", "100")), 1000)
SECONDS = 10
AT_ONCE = 16    # connections that fill the store
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")


def fill(port, count, first):
    """`count` messages, ten to an inbox."""
    body = "From: a@fill.test\r\nSubject: fill\r\n\r\n"
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="client.test")
    for n in range(first, first + count):
        noise = os.urandom(max(LENGTH - 60, 20) * 3 // 8).hex()
        lines = "\r\n".join(noise[i:i + 76] for i in range(0, len(noise), 76))
        client.sendmail("a@fill.test", [f"fill{n // 10}@example.test"], body + lines + "\r\n")
    client.quit()


def at(took, part):
    return took[min(len(took) - 1, int(len(took) * part))] * 1e3


def show(label, phase, took, note=""):
    took = sorted(took)
    print(f"{label}\t{phase}\t{len(took)}\t" + "\t".join(f"{at(took, part):.2f}" for part in (0.5, 0.99)) +
          f"\t{took[-1] * 1e3:.2f}\t{note}", flush=True)


def measure(binary, server, label, store):
    threads = [threading.Thread(target=fill, args=(server.port, COUNT // AT_ONCE, n * (COUNT // AT_ONCE))) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    show(label, "without", latency.flow(server.port, RATE, RATE * SECONDS))
    env = {"PATH": os.environ["PATH"], "MAILDROP_STORE_URL": store}
    begun = time.monotonic()
    purge = subprocess.Popen([binary, "purge", "--match", "from=a@fill.test", "--yes", "--json"], env=env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    took = []
    while purge.poll() is None and time.monotonic() < begun + 600:
        took += latency.flow(server.port, RATE, RATE)
    out, _ = purge.communicate()
    done = json.loads(out)
    show(label, "while it purges", took, f"removed {done['removed']} of {done['counted']} in {done['seconds']} s")


def main(binary, folder):
    gc.disable()
    raise_file_limit()
    settings = {"limits.exempt": "127.0.0.0/8", "store.max_size": "8GiB"}
    print("store\tphase\tdeliveries\tp50_ms\tp99_ms\tmax_ms\tnote", flush=True)
    with maildrop(binary, folder, settings=settings) as server:
        measure(binary, server, "sqlite", f"sqlite:{folder}/maildrop.db")
    if not shutil.which("redis-server"):
        return
    path = f"{folder}/redis.sock"
    with Server("redis", ["redis-server", f"{EXAMPLES}/redis.conf", "--unixsocket", path, "--dir", folder], f"{folder}/redis.log") as redis:
        redis.wait_for_log("Ready to accept|ready to accept")
        url = f"redis+unix://{path}"
        with maildrop(binary, folder, settings={**settings, "store.url": url}, name="by-redis") as server:
            measure(binary, server, "redis", url)


if __name__ == "__main__":
    main(*sys.argv[1:])

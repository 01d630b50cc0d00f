"""smtp_load.py BINARY FOLDER: see smtp-load.sh."""
import collections
import os
import random
import resource
import statistics
import subprocess
import sys
import time

from servers import maildrop, raise_file_limit, running, smtp_sink

COLUMNS = ("label sessions length mode rep messages seconds msgs_per_s server_us_per_msg store_us_per_msg client_us_per_msg "
           "server_cores rss_kb peak_rss_kb other_cores").split()
# What was promised, by (length, mode): server CPU a message at most, messages/s at least, as ratios to smtp-sink.
PROMISED = {(1024, "conn"): (1.5, 0.7), (1024, "keep"): (1.5, 0.7), (10240, "conn"): (None, 1.0), (10240, "keep"): (None, 1.0)}


def setting(name, default):
    return os.environ.get(name, default)


ROUNDS = min(int(setting("ROUNDS", "5")), 50)
SESSIONS = [int(s) for s in setting("SESSIONS", "50").split()]
LENGTHS = [int(s) for s in setting("LENGTHS", "1024 10240 51200").split()]
MODES = setting("MODES", "conn keep").split()
SECONDS = min(float(setting("SECONDS_EACH", "1.5")), 30)
MOST = int(setting("MAX_MESSAGES", "60000"))
SERVER_CPU, CLIENT_CPU = int(setting("SERVER_CPU", "0")), setting("CLIENT_CPU", "1")
QUIET = float(setting("QUIET_WAIT", "5"))
REALISTIC = setting("REALISTIC", "0") == "1"
WARM_UP = 8000  # messages


def busy_us():
    """CPU that everything on the machine has used: user, nice, system, stolen."""
    with open("/proc/stat", encoding="ascii") as f:
        ticks = [int(x) for x in f.readline().split()[1:]]
    return (ticks[0] + ticks[1] + ticks[2] + ticks[7]) * 1e6 / os.sysconf("SC_CLK_TCK")


def wait_quiet():
    end = time.monotonic() + QUIET
    while time.monotonic() < end:
        before = busy_us()
        time.sleep(0.3)
        if busy_us() - before < 60000:
            return


def realistic(length):
    """The file of a message of words: one repeated letter flatters whoever compresses."""
    name = f"{folder}/message.{length}"
    if not os.path.exists(name):
        text = "From: a@client.example.test\nTo: inbox@example.test\nSubject: benchmark\n\n"
        words, chosen = [bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 11))).decode() for _ in range(3000)], []
        while len(text) + sum(map(len, chosen)) + len(chosen) < length:
            chosen += random.choices(words, k=9) + ["\n"]
        with open(name, "w", encoding="ascii") as f:
            f.write((text + " ".join(chosen).replace("\n ", "\n"))[:length - 1] + "\n")
    return name


def shoot(server, sessions, length, mode, messages):
    """(seconds, client CPU in microseconds), or None when smtp-source failed."""
    argv = ["taskset", "-c", CLIENT_CPU, "smtp-source", "-4", "-M", "client.example.test", "-f", "sender@example.test",
            "-t", "inbox@example.test", "-N", "-s", str(sessions), "-m", str(messages)]
    argv += ["-F", realistic(length)] if REALISTIC else ["-S", "benchmark", "-l", str(length)]
    argv += ["-d"] if mode == "keep" else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    try:
        done = subprocess.run(argv + [f"inet:127.0.0.1:{server.port}"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(f"# {server.label}: {done.stderr.decode(errors='replace')[:200]}")
        return None
    return seconds, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


def cell(server, sessions, length, mode, rep):
    probe = max(400, 8 * sessions)
    first = shoot(server, sessions, length, mode, probe)
    if not first:
        return None
    messages = max(2 * sessions, min(MOST, int(probe * SECONDS / first[0])))
    wait_quiet()
    busy, cpu = busy_us(), server.cpu_us()
    shot = shoot(server, sessions, length, mode, messages)
    if not shot:
        return None
    seconds, client = shot
    cpu, busy = server.cpu_us() - cpu, busy_us() - busy
    other = max(0, busy - cpu - client) / (seconds * 1e6)
    row = (server.label, sessions, length, mode, rep, messages, f"{seconds:.3f}", f"{messages / seconds:.0f}", f"{cpu / messages:.1f}",
           "0.0", f"{client / messages:.1f}", f"{cpu / seconds / 1e6:.2f}", server.status_kb("VmRSS"), server.status_kb("VmHWM"),
           f"{other:.2f}")
    print("\t".join(str(x) for x in row), flush=True)
    return messages / seconds, cpu / messages


def verdict(value, limit, at_most):
    if limit is None:
        return ""
    met = value <= limit if at_most else value >= limit
    return f" ({'<=' if at_most else '>='} {limit}: {'yes' if met else 'NO'})"


def summary(cells):
    print("#\n# medians\n# | mode | length | sessions | peer | messages/s maildrop | peer | ratio | CPU us/message maildrop | peer | ratio |")
    print("# |---|---|---|---|---|---|---|---|---|---|")
    for (mode, length, sessions), found in cells.items():
        rates = {label: statistics.median(r for r, _ in rows) for label, rows in found.items()}
        costs = {label: statistics.median(c for _, c in rows) for label, rows in found.items()}
        for peer in [label for label in rates if label != "maildrop"] if "maildrop" in rates else []:
            rate, cost = rates["maildrop"] / rates[peer], costs["maildrop"] / costs[peer]
            promised = PROMISED.get((length, mode)) if peer == "smtp-sink" and sessions == 50 else None
            most, least = promised or (None, None)
            print(f"# | {mode} | {length} | {sessions} | {peer} | {rates['maildrop']:.0f} | {rates[peer]:.0f} | {rate:.2f}{verdict(rate, least, False)} "
                  f"| {costs['maildrop']:.1f} | {costs[peer]:.1f} | {cost:.3f}{verdict(cost, most, True)} |")


binary, folder = sys.argv[1:3]
raise_file_limit()
print("\t".join(COLUMNS), flush=True)
cells = collections.OrderedDict()
with maildrop(binary, folder, cpu=SERVER_CPU) as ours, smtp_sink(folder, cpu=SERVER_CPU) as sink:
    servers = [ours, sink] + running()
    for peer in servers[2:]:  # what compiles while it runs is measured when it has
        shoot(peer, 50, 1024, "conn", WARM_UP)
    for rep in range(1, ROUNDS + 1):
        for mode in MODES:
            for length in LENGTHS:
                for sessions in SESSIONS:
                    for server in servers if rep % 2 else reversed(servers):
                        got = cell(server, sessions, length, mode, rep)
                        if got:
                            cells.setdefault((mode, length, sessions), {}).setdefault(server.label, []).append(got)
summary(cells)

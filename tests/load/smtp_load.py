"""smtp_load.py BINARY FOLDER: see smtp-load.sh."""
import collections
import os
import resource
import statistics
import subprocess
import sys
import time

from servers import maildrop, raise_file_limit, smtp_sink

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


def shoot(server, sessions, length, mode, messages):
    """(seconds, client CPU in microseconds), or None when smtp-source failed."""
    argv = ["taskset", "-c", CLIENT_CPU, "smtp-source", "-4", "-M", "client.example.test", "-f", "sender@example.test",
            "-t", "inbox@example.test", "-N", "-S", "benchmark", "-l", str(length), "-s", str(sessions), "-m", str(messages)]
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
    print("#\n# medians\n# | mode | length | sessions | messages/s maildrop | smtp-sink | ratio | CPU us/message maildrop | smtp-sink | ratio |")
    print("# |---|---|---|---|---|---|---|---|---|")
    for (mode, length, sessions), found in cells.items():
        rates = {label: statistics.median(r for r, _ in rows) for label, rows in found.items()}
        costs = {label: statistics.median(c for _, c in rows) for label, rows in found.items()}
        if len(rates) < 2:
            print(f"# | {mode} | {length} | {sessions} | failed |")
            continue
        rate, cost = rates["maildrop"] / rates["smtp-sink"], costs["maildrop"] / costs["smtp-sink"]
        most, least = PROMISED.get((length, mode), (None, None)) if sessions == 50 else (None, None)
        print(f"# | {mode} | {length} | {sessions} | {rates['maildrop']:.0f} | {rates['smtp-sink']:.0f} | {rate:.2f}{verdict(rate, least, False)} "
              f"| {costs['maildrop']:.1f} | {costs['smtp-sink']:.1f} | {cost:.2f}{verdict(cost, most, True)} |")


binary, folder = sys.argv[1:3]
raise_file_limit()
print("\t".join(COLUMNS), flush=True)
cells = collections.OrderedDict()
with maildrop(binary, folder, cpu=SERVER_CPU) as ours, smtp_sink(folder, cpu=SERVER_CPU) as sink:
    for rep in range(1, ROUNDS + 1):
        for mode in MODES:
            for length in LENGTHS:
                for sessions in SESSIONS:
                    for server in (ours, sink) if rep % 2 else (sink, ours):
                        got = cell(server, sessions, length, mode, rep)
                        if got:
                            cells.setdefault((mode, length, sessions), {}).setdefault(server.label, []).append(got)
summary(cells)

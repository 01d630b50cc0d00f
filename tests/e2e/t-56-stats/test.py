"""One source of numbers, however it is asked; and alerts that name only what there is."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess

from e2e import BINARY, ROOT, WORK, Api, Daemon, check, environment, finish, maildrop, same, terminal, until
from redis import Redis
from smtp import be_counted

MONITORING = f"{ROOT}/examples/monitoring"


def samples(text):
    """`name{labels}` -> value"""
    return {name: float(value) for name, value in re.findall(r"^(maildrop_\S+) (\S+)$", text, re.M)}


def of(numbers, name):
    """The sum of a family, whatever its labels."""
    return sum(value for key, value in numbers.items() if key.split("{")[0] == name)


def counted(answer):
    """Deliveries by their time, which is known last, and connections."""
    return [sum(s["total"] for s in answer["series"] if wanted(s)) for wanted in (
        lambda s: s["group"] == "latency", lambda s: s["name"] == "connections")]


def stats(*options, settings):
    status, out, err = maildrop("stats", *options, settings=settings)
    check(f"stats {' '.join(options)} ends with 0", status == 0 and not err, f"{status} {err}")
    return out.decode()


def one_source(name, daemons, settings, stored, refused):
    """What all ways of asking tell of these processes and their store."""
    with Api(daemons[0].api) as api:
        check(f"{name}: all is counted", until(lambda: api.json("/v2/statistics") == {"queued": stored, "denied": refused}),
              api.json("/v2/statistics"))
        told = until(lambda: (v3 := api.json("/api/v3/statistics")) and counted(v3) == [stored, stored + len(daemons)] and v3)
    local = json.loads(stats("--json", settings=settings))
    remote = json.loads(maildrop("stats", "--json", "--api", f"http://{daemons[0].api}")[1])

    def series(answer):  # an hour may begin between two of them
        return [(s["group"], s["name"], s["total"], sum(s["counts"])) for s in answer["series"]]

    same(f"{name}: stats has what /api/v3/statistics has", series(local), series(told))
    same(f"{name}: and of the server, too", series(remote), series(told))
    totals = {f"{s['group']}/{s['name']}": s["total"] for s in local["series"]}
    same(f"{name}: what was sent", [totals[f"/{each}"] for each in ("stored", "refused", "connections")],
         [stored, refused, stored + len(daemons)])
    shown = []
    for daemon in daemons:
        with Api(daemon.api) as api:
            shown.append(samples(api.get("/metrics")[2].decode()))
    metrics = {key: sum(each.get(key, 0) for each in shown) for each in shown for key in each}
    latencies = sum(n for key, n in totals.items() if key.startswith("latency/"))
    for mine, theirs in (
            (totals["/stored"], metrics['maildrop_smtp_messages_total{result="stored"}']),
            (totals["/refused"], of(metrics, "maildrop_smtp_refused_recipients_total") + metrics['maildrop_smtp_messages_total{result="refused"}']),
            (totals["/connections"], of(metrics, "maildrop_smtp_sessions_total")),
            (totals["/bytes"], of(metrics, "maildrop_smtp_message_bytes_total")),
            (totals["reason/relaying"], metrics['maildrop_smtp_refused_total{reason="relaying"}']),
            (latencies, of(metrics, "maildrop_smtp_delivery_seconds_count"))):
        same(f"{name}: as in /metrics of all processes", mine, theirs)
    check(f"{name}: half of the deliveries took some time", local["latency"]["count"] == stored and local["latency"]["p50"]["seconds"] > 0,
          local["latency"])
    prometheus = samples(stats("--prom", settings=settings))
    same(f"{name}: for Prometheus", {key: value for key, value in prometheus.items() if key.startswith("maildrop_statistics_total")},
         {f'maildrop_statistics_total{{group="{group}",name="{each}"}}': total for group, each, total, _ in series(local) if group != "latency"})
    bounds = {key.split("{")[1]: value for key, value in prometheus.items() if key.startswith("maildrop_statistics_delivery_seconds_bucket{")}
    same(f"{name}: with its latencies, bound by bound", (len(bounds), bounds),
         (13, {bound: metrics["maildrop_smtp_delivery_seconds_bucket{" + bound] for bound in bounds}))
    rows = [line.split(",") for line in stats("--csv", settings=settings).splitlines()[1:]]
    same(f"{name}: in CSV", [(row[0], row[1], int(row[5])) for row in rows], [each[:3] for each in series(local)])
    same(f"{name}: the store", local["store"]["messages"], stored)


def for_people(settings):
    text = stats(settings=settings)
    at = [text.find(part) for part in ("Grand totals", "By hour", "By reason", "By list", "By filter", "Latency", "Store")]
    check("grand totals first, then hours, then details", at == sorted(at) and at[0] > 0, at)
    check("what is not over is said not to be", "is not over" in text, text)
    check("no plots but on a terminal", "█" not in text and "\x1b" not in text)
    check("one part alone", stats("--by=reason", settings=settings).count("\n") < 8 and "Grand" not in stats("--by=reason", settings=settings))
    sources = json.loads(stats("--by=source", "--json", settings=settings))["sources"]
    same("by source", [(each["source"], each["messages"]) for each in sources], [("127.0.0.0/24", 4)])
    same("hours up to one that is over", json.loads(stats("--since=5h", "--until=3h", "--json", settings=settings))["open"], False)
    for options, word in ((["--since=tomorrow"], "is no time"), (["--since=2999-01-01"], "yet to come"), (["--top=0"], "above 0"),
                          (["--json", "--csv"], "only one"), (["--prom", "--by=hour"], "--prom"), (["--watch=10ms"], "between"),
                          (["--api=http://127.0.0.1:1", "--by=source"], "/admin/v1/sources")):
        status, out, err = maildrop("stats", *options, settings=settings)
        check(f"{' '.join(options)}: makes no sense", (status, out) == (64, b"") and word in err, f"{status} {err}")
    status, shown = terminal(["stats", "--no-pager"], settings)
    shown = shown.decode()
    check("on a terminal: plots", status == 0 and "█" in shown, (status, shown))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    check("within its width", max(map(len, lines)) <= 80, max(lines, key=len))


def watched(settings):
    status, shown = terminal(["stats", "--watch=1s", "--by=total"], settings, answers={b"connections": b"\x03"})
    check("--watch on a terminal: drawn, and ended by Ctrl-C with 0", status == 0 and shown.startswith(b"\x1b[H"), (status, shown))
    process = subprocess.Popen([BINARY, "stats", "--watch=1s"], env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = [process.stdout.readline().decode() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=20)
    check("a line each elsewhere", all(re.fullmatch(r"\S+Z stored=4 refused=2 deferred=0 discarded=0 connections=5( stored_per_minute=0)?\n", line)
                                       for line in lines), lines)
    same("ended by an interruption with 0", (process.returncode, err), (0, b""))


def nothing_there():
    settings = {"store.url": f"sqlite:{WORK}/none/mail.db"}
    status, out, err = maildrop("stats", settings=settings)
    check("a store that is not there is told, and not made", (status, out) == (66, b"") and not os.path.exists(f"{WORK}/none"), err)
    status, out, err = maildrop("stats", "--api", "http://127.0.0.1:1")
    check("a server that is not there is told", (status, out) == (69, b""), err)


def monitoring():
    """Names of metrics, and what promtool says."""
    with open(f"{ROOT}/man/maildrop-serve.8", encoding="utf-8") as page:
        known = set(re.findall(r'^\.BR ((?:maildrop|process)_\w+) "', page.read(), re.M))  # t-29-metrics keeps these
    for path in sorted(glob.glob(f"{MONITORING}/*")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        named = {re.sub(r"_bucket$", "", each) for each in re.findall(r"\b(?:maildrop|process)_[a-z_]+", text)}
        check(f"{os.path.basename(path)} names metrics, and none that is not there", named and named <= known, sorted(named - known))
    with open(f"{MONITORING}/grafana-dashboard.json", encoding="utf-8") as file:
        board = json.load(file)
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    check("the dashboard has panels, each with a question", len(expressions) >= len(board["panels"]) > 5)
    with open(f"{ROOT}/README.md", encoding="utf-8") as file:
        scale = re.findall(r"`(\w+)`", re.search(r"Scale by (.*?) \(maildrop-serve", file.read())[1])
    asked_for = " ".join(expressions)
    check("those among them by which README says to scale", len(scale) > 2 and all(each in asked_for for each in scale), scale)
    with open(f"{MONITORING}/prometheus-rules.yml", encoding="utf-8") as file:
        told = set(re.findall(r"\b(?:api|dns|inbox|limits|log|mail|report|store)\.[a-z_]+\b", file.read()))
    there = set(re.findall(r"^(\S+) = ", maildrop("config", "show")[1].decode(), re.M))
    check("settings that the alerts speak of are there", "store.max_size" in told and told <= there, sorted(told - there))
    if not shutil.which("promtool"):
        print("  skip promtool: not installed", flush=True)
        return

    def tool(name, *arguments, **how):
        done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60, cwd=WORK, **how)
        check(name, done.returncode == 0, done.stdout + done.stderr)

    tool("promtool: the rules", "check", "rules", f"{MONITORING}/prometheus-rules.yml")
    tool("promtool: each alert fires when it should", "test", "rules", f"{MONITORING}/prometheus-rules-test.yml")
    with open(f"{MONITORING}/prometheus-rules.yml", encoding="utf-8") as file:
        alerts = set(re.findall(r"- alert: (\w+)", file.read()))
    with open(f"{MONITORING}/prometheus-rules-test.yml", encoding="utf-8") as file:
        tested = set(re.findall(r'alertname="(\w+)"', file.read()))
    same("and there is a test of each", tested, alerts)
    asked = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"asked:{i}", "expr": each.replace("$__rate_interval", "5m")} for i, each in enumerate(expressions)]}]}
    with open(f"{WORK}/dashboard.yml", "w", encoding="utf-8") as file:
        json.dump(asked, file)  # which is YAML, too
    tool("promtool: the dashboard's questions", "check", "rules", f"{WORK}/dashboard.yml")


def promtool_reads(settings):
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=stats("--prom", settings=settings), capture_output=True, text=True, timeout=60)
        same("promtool: what --prom writes", (done.returncode, done.stdout, done.stderr), (0, "", ""))


nothing_there()
url = {"store.url": f"sqlite:{WORK}/mail.db"}
with Daemon(url) as whole:
    be_counted(whole.smtp, 4, 2)
    one_source("SQLite", [whole], url, 4, 2)
    for_people(url)
    watched(url)
    promtool_reads(url)
    whole.stop()
monitoring()
if shutil.which("redis-server"):
    with Redis() as server:
        url = {"store.url": server.url}
        with Daemon(url) as one, Daemon(url) as other:
            be_counted(one.smtp, 2, 1)
            be_counted(other.smtp, 3, 2)
            one_source("Redis, two processes", [one, other], url, 5, 3)
            one.stop()
            other.stop()
else:
    print("  skip Redis: no redis-server", flush=True)
finish()

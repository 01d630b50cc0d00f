"""maildrop replay without a server: what filters make of recorded mail, the same each time."""
import json
import os
import re
import signal
import subprocess
import time

from e2e import BINARY, WORK, check, end_with_parent, environment, finish, same

SETTINGS = {"MAILDROP_FILTER_ACCESS_MODE": "enforce", "MAILDROP_FILTER_ACCESS_DENY": "203.0.113.0/24",
            "MAILDROP_FILTER_GREYLIST_MODE": "enforce", "MAILDROP_FILTER_GREYLIST_DELAY": "5m"}


def message(number, network, minute, sender):
    return (f"Return-Path: <{sender}>\r\nDelivered-To: bob@example.test\r\n"
            f"Received: from mx{number}.example (mx{number}.example [{network}.{number}])\r\n"
            f"\tby mx.test; Thu, 26 Nov 2026 10:{minute:02}:00 +0000\r\n"
            f"From: {sender}\r\nSubject: {number}\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n\r\nbody {number}\r\n").encode()


def record(folder, network, count):
    os.makedirs(f"{WORK}/corpus/{folder}")
    for number in range(1, count + 1):
        with open(f"{WORK}/corpus/{folder}/{number:03}", "wb") as out:
            out.write(message(number, network, number % 60, f"a{number}@sender.example"))


def replay(*words, settings=None, cpu=None):
    command = ["taskset", "-c", str(cpu)] if cpu is not None else []
    done = subprocess.run([*command, BINARY, "replay", *words], env={**environment(), **SETTINGS, **(settings or {})},
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


record("spam", "203.0.113", 30)
record("ham", "198.51.100", 40)
corpus = ["--label-by-folder", f"{WORK}/corpus"]

status, out, err = replay(*corpus, "--json")
same("judged: status", status, 0)
told = json.loads(out)
same("judged: schema", told["schema"], "maildrop.replay/1")
same("judged: spam rejected", told["labels"]["spam"]["rejected"], 30)
same("judged: ham deferred by greylisting, as on the day", told["labels"]["ham"]["deferred"], 40)
check("judged: questions without an answer are told", "questions of the DNS had no answer" in err)

same("judged: the same bytes on one processor", replay(*corpus, "--json", cpu=0)[1], out)
same("judged: and once more", replay(*corpus, "--json")[1], out)
check("judged: with timing they are others", b'"timing"' in replay(*corpus, "--json", "--timing")[1] and b'"timing"' not in out)

facts = f"{WORK}/facts.zst"
status, recorded, err = replay(*corpus, "--json", "--record", facts)
same("facts: written", status, 0)
same("facts: the same report", replay(*corpus, "--json", "--facts", facts)[1], recorded)
same("facts: a file that is there is not written over", replay(*corpus, "--record", facts)[0], 73)
with open(f"{WORK}/none", "wb") as none:
    none.write(b"nothing")
same("facts: what is no such file", replay(*corpus, "--facts", f"{WORK}/none")[0], 65)
same("facts: what is not there", replay(*corpus, "--facts", f"{WORK}/gone")[0], 66)

for form, begins in {"text": b"", "csv": b"filter,", "junit": b"<?xml", "html": b"<!doctype html>"}.items():
    status, out, _ = replay(*corpus, "--report", form)
    check(f"report: {form}", status == 0 and out.lower().startswith(begins) and (form == "junit" or b"access" in out))
same("report: into a file", replay(*corpus, "--report", "html", "--output", f"{WORK}/report.html")[:2], (0, b""))
check("report: which is one", os.path.getsize(f"{WORK}/report.html") > 1000)
same("report: a folder that is not there", replay(*corpus, "--output", f"{WORK}/no/where")[0], 73)
same("report: an unknown form", replay(*corpus, "--report", "xml")[0], 64)

# Another configuration, or what became of the same mail before; a change that worsens things is caught.
with open(f"{WORK}/other.toml", "w", encoding="utf-8") as other:
    other.write('[filter.access]\nmode = "enforce"\ndeny = ["203.0.113.0/28"]\n')
status, out, _ = replay(*corpus, "--json", "--compare", f"{WORK}/other.toml", "--max-regress", "0")
# The environment, which denies more, is for the configuration in force alone.
same("compare: a file beside the environment", (status, json.loads(out)["comparison"]["spam"]["better"]), (0, 15))
bare = {**environment(), "MAILDROP_FILTER_GREYLIST_MODE": "off"}


def compare(*words):
    done = subprocess.run([BINARY, "replay", *corpus, "--json", *words], env=bare, capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout)["comparison"]


status, told = compare("--compare", f"{WORK}/other.toml", "--max-regress", "0")
same("compare: 15 of the spam are let in again", (status, told["spam"], told["ham"]["worse"]),
     (2, {"better": 0, "worse": 15, "p": round(2 / 2**15, 6)}, 0))
same("compare: which is no more than that", compare("--compare", f"{WORK}/other.toml", "--max-regress", "15")[0], 0)
same("compare: nor than half", compare("--compare", f"{WORK}/other.toml", "--max-regress", "50%")[0], 0)
same("compare: a gate that is open", compare("--compare", f"{WORK}/other.toml")[0], 0)
check("compare: names and reasons", all(each["name"].find("/spam/") > 0 and each["before"]["by"] == "access"
                                        for each in told["changes"]))
baseline = f"{WORK}/baseline.json"
same("baseline: written", replay(*corpus, "-q", "--save", baseline)[0], 0)
same("baseline: not written over", replay(*corpus, "-q", "--save", baseline)[0], 73)
status, told = compare("--compare", baseline, "--max-regress", "1%")
same("baseline: worse", (status, told["spam"]["worse"], told["unknown"]), (2, 30, 0))
status, out, _ = replay(*corpus, "--json", "--compare", baseline, "--max-regress", "0")
same("baseline: the same", (status, json.loads(out)["comparison"]["changed"]), (0, 0))
with open(f"{WORK}/empty.json", "w", encoding="utf-8") as empty:
    empty.write('{"schema":"maildrop.baseline/1"}\n')
status, _, err = replay(*corpus, "-q", "--compare", f"{WORK}/empty.json", "--max-regress", "100%")
check("baseline: of other mail: the gate does not open", status == 2 and "could be compared" in err, (status, err))
with open(f"{WORK}/labels.csv", "w", encoding="utf-8") as labels:
    labels.write("name,label\nspam/001,ham\nspam/gone,spam\n")
status, out, err = replay(*corpus, "--json", "--manifest", f"{WORK}/labels.csv")
check("manifest: its labels count, and what no message had is told",
      json.loads(out)["labels"]["ham"]["messages"] == 41 and "'spam/gone'" in err, err)
same("options: a gate to nothing", replay(*corpus, "--max-regress", "0")[0], 64)
same("options: a gate that is none", replay(*corpus, "--compare", baseline, "--max-regress", "some")[0], 64)
same("compare: what is not there", replay(*corpus, "--compare", f"{WORK}/gone")[0], 66)

# Weights: what a filter of headers finds of spam is worth more, and the file that tells so is a configuration.
def tuned(*words, settings=None):
    of = {"MAILDROP_FILTER_ACCESS_MODE": "off", "MAILDROP_FILTER_GREYLIST_MODE": "off", **(settings or {})}
    done = subprocess.run([BINARY, "replay", "--tune", "--in-order", *words], env={**environment(), **of},
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode()


for word in ("spam", "ham"):
    os.makedirs(f"{WORK}/weighed/{word}")
    with open(f"{WORK}/weighed/{word}/box", "wb") as box:
        for number in range(60):
            text = message(number, "198.51.100", 1, "a@b.example")
            date = b"Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n"
            known = date + b"Message-ID: <%s%d@b.example>\r\n" % (word.encode(), number)
            text = text.replace(date, b"" if word == "spam" and number % 10 else known)
            box.write(b"From a@b Thu Nov 26 10:00:00 2026\n" + text + b"of %s, and long enough to tell\n\n" % word.encode())
labelled = ["--label-by-folder", f"{WORK}/weighed/"]
status, out, err = tuned(*labelled)
check("tune: TOML", status == 0 and b"\n[filter.headers]\nweight = " in out and b"60 spam and 60 ham" in out, (out, err))
same("tune: the same bytes", tuned(*labelled)[1], out)
same("tune: the same into a file", tuned(*labelled, "--output", f"{WORK}/weights.toml")[:2], (0, b""))
with open(f"{WORK}/weights.toml", "rb") as written:
    same("tune: which has all", written.read(), out)
status, out, err = tuned(*labelled, "--json", "--config", f"{WORK}/weights.toml")
told = json.loads(out)
check("tune: it is a configuration, by which spam is caught", status == 0 and told["schema"] == "maildrop.tuning/1" and
      told["before"]["thresholds"]["tag"]["recall"]["hits"] == 54 and
      told["before"]["thresholds"]["tag"]["false_positives"]["hits"] == 0, (out, err))
check("tune: who is enforced teaches nothing", json.loads(tuned(*labelled, "--json", settings={
      "MAILDROP_FILTER_ACCESS_MODE": "enforce", "MAILDROP_FILTER_ACCESS_DENY": "198.51.100.5"})[1])["decided_spam"] == 1)
status, out, err = tuned("--label-by-folder", f"{WORK}/corpus")
check("tune: too little", (status, out) == (65, b"") and "too little spam" in err, (status, err))
same("tune: no threshold", tuned(*labelled, settings={"MAILDROP_FILTER_TAG": "0"})[0], 78)
for words in (["--compare", baseline], ["--save", f"{WORK}/x"], ["--timing"], ["--report", "html"], ["--to", "127.0.0.1:1"],
              ["--max-false-positives", "60%"], ["--max-false-positives", "0.1"]):
    same(f"tune: {words}", tuned(*labelled, *words)[0], 64)
same("options: a rate for nothing", replay(*corpus, "--max-false-positives", "1%")[0], 64)

same("options: of sending", replay(*corpus, "--rate", "5")[0], 64)
same("options: of judging", replay(*corpus, "--to", "127.0.0.1:1", "--facts", facts)[0], 64)
same("settings: one that is wrong", replay(*corpus, settings={"MAILDROP_FILTER_ACCESS_DENY": "x/y"})[0], 78)

with open(f"{WORK}/broken", "wb") as broken:
    broken.write(b"no message\r\n")
status, _, err = replay(f"{WORK}/broken")
check("broken: all", status == 65 and "broken" in err)
same("broken: some", replay(f"{WORK}/broken", *corpus)[0], 0)

# The examples of the manual, but for those with a server; the DNS is not asked here.
def examples():
    manual = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../man/maildrop-replay.1")
    with open(manual, encoding="utf-8") as text:
        for block in re.findall(r"^\.EX\n(.*?)^\.EE$", text.read(), re.M | re.S):
            for line in block.replace("\\-", "-").replace("\\e\n", " ").splitlines():
                words = line.split()
                if words[:2] == ["maildrop", "replay"] and "--to" not in words:
                    yield [word for word in words[2:] if word != "--ask-dns"]


os.chdir(WORK)
subprocess.run(["tar", "--zstd", "-cf", "corpus.tar.zst", "corpus"], check=True)
subprocess.run(["cp", "-r", "corpus/spam", "spam"], check=True)
with open("ham.mbox", "wb") as box:
    for number in range(1, 6):
        box.write(b"From a@b Thu Nov 26 10:00:00 2026\n" + message(number, "198.51.100", number, "a@b.example") + b"\n")
for name in ("old", "new"):
    with open(f"{name}.toml", "w", encoding="utf-8") as config:
        config.write("[filter]\ntag = 5\n")
os.remove(baseline)
os.remove(facts)
run = list(examples())
check("manual: has examples", len(run) >= 6, str(run))
for words in run:
    if "--tune" in words:
        words[words.index("corpus/")] = "weighed/"
    status, _, err = replay(*words, settings={"MAILDROP_FILTER_GREYLIST_MODE": "off"} if "--tune" in words else None)
    check(f"manual: maildrop replay {' '.join(words)}", status == 0, err)

# What comes slowly is judged until a signal ends it, and the report is of that.
slow = subprocess.Popen([BINARY, "replay", "--in-order", "--json", "-"], env={**environment(), **SETTINGS}, stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=end_with_parent)
slow.stdin.write(b"From a@b Thu Nov 26 10:00:00 2026\n" + message(1, "203.0.113", 1, "a@b.example") + b"\n" +
                 b"From a@b Thu Nov 26 10:00:00 2026\n" + message(2, "203.0.113", 2, "a@b.example"))
slow.stdin.flush()
time.sleep(0.5)
slow.send_signal(signal.SIGINT)
out, err = slow.communicate(timeout=20)
same("interrupted: status", slow.returncode, 130)
check("interrupted: a report of what was judged", json.loads(out)["interrupted"] is True)
finish()

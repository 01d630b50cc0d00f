"""What spamassassin.sh runs: folds, scores of each system, a table and a plot.

How one fools oneself with this corpus, and what is done here against it:
- Spam and ham were collected by different people on different hosts, so the words of trace, list and To fields tell them
  apart. What learns sees a strict view: Subject, From, Reply-To, Content-*, MIME-Version and the body, without the
  footers of lists and the names of the collectors. Systems of rules see all of it.
- Messages of one Message-ID, or whose bodies differ in numbers, footers and white space alone, are in one fold.
- A system is judged by messages that it has not learned from; its scores of all folds are put together.
"""
import collections
import hashlib
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys

MAILDROP, CORPUS, FOLDER = sys.argv[1], sys.argv[2], sys.argv[3]
FOLDS = int(os.environ.get("FOLDS", "10"))
LABELS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham", "spam-1": "spam", "spam-2": "spam"}
KEPT = re.compile(rb"^(subject|from|reply-to|content-[a-z-]+|mime-version):", re.I)
FOOTER = re.compile(rb"\n[ \t]*[-_=]{10,}[^\n]*\n(?:[^\n]*\n){0,6}?[^\n]*(?:mailing list|listinfo|unsubscribe)[\s\S]*\Z", re.I)
NAMES = re.compile(rb"\b(?:zzzz|yyyy|jm|netnoteinc|taint|spamassassin)\b", re.I)


# --- the messages ---

def fields_and_body(data):
    head, _, body = data.partition(b"\n\n")
    return re.split(rb"\n(?![ \t])", head), body


def strict(data):
    fields, body = fields_and_body(data)
    body = FOOTER.sub(b"\n", body)
    return NAMES.sub(b"x", b"\n".join(f for f in fields if KEPT.match(f)) + b"\n\n" + body)


def read_corpus():
    """(label, bytes with LF) of each file that is a message."""
    for folder, label in LABELS.items():
        for name in sorted(os.listdir(os.path.join(CORPUS, folder))):
            with open(os.path.join(CORPUS, folder, name), "rb") as file:
                data = file.read().replace(b"\r\n", b"\n")
            if data.startswith(b"From "):
                data = data.partition(b"\n")[2]
            if re.match(rb"[\x21-\x39\x3b-\x7e]+:", data) and b"\n\n" in data:
                yield label, data


def clusters(messages):
    """The number of the first message that each belongs to."""
    first = {}
    parent = list(range(len(messages)))

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (_, data) in enumerate(messages):
        fields, _ = fields_and_body(data)
        _, body = fields_and_body(strict(data))
        words = re.sub(rb"[0-9]+", b"0", b" ".join(body.lower().split()))
        keys = [hashlib.sha256(words).digest()]
        keys += [f.split(b":", 1)[1].strip() for f in fields if f.lower().startswith(b"message-id:")]
        for key in keys:
            if key in first:
                parent[root(i)] = root(first[key])
            else:
                first[key] = i
    return [root(i) for i in range(len(messages))]


def write_folds():
    messages = list(read_corpus())
    of = clusters(messages)
    order = sorted(set(of), key=lambda i: hashlib.sha256(messages[i][1]).digest())
    fold = {cluster: number % FOLDS for number, cluster in enumerate(order)}
    for view, make in (("full", lambda data: data), ("strict", strict)):
        shutil.rmtree(os.path.join(FOLDER, view), ignore_errors=True)
        for i, (label, data) in enumerate(messages):
            folder = os.path.join(FOLDER, view, str(fold[of[i]]), label)
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, f"{i:05}"), "wb") as file:
                file.write(make(data))
    CLUSTER.extend(of)
    counts = collections.Counter(label for label, _ in messages)
    print(f"{counts['spam']} spam and {counts['ham']} ham in {len(set(of))} clusters, {FOLDS} folds", flush=True)


# --- the systems: each gives (spam?, score, cluster) of all messages, and the CPU time of judging one, in milliseconds ---

CLUSTER = []


def of_messages(label, paths, scores):
    assert len(paths) == len(scores), f"{len(paths)} messages, {len(scores)} scores"
    return [(label == "spam", score, CLUSTER[int(os.path.basename(path))]) for path, score in zip(paths, scores)]


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, **options).stdout


def folder(view, fold, label):
    return os.path.join(FOLDER, view, str(fold), label)


def files(view, fold, label):
    where = folder(view, fold, label)
    return [os.path.join(where, name) for name in sorted(os.listdir(where))] if os.path.isdir(where) else []


def others(view, fold, label):
    return [folder(view, i, label) for i in range(FOLDS) if i != fold and os.path.isdir(folder(view, i, label))]


class Cpu:
    def __enter__(self):
        self.begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        return self

    def __exit__(self, *_):
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.ms = 1000 * (end.ru_utime + end.ru_stime - self.begin.ru_utime - self.begin.ru_stime)


def maildrop_scores(view, chain):
    """`chain`: settings of the filters but for bayes, whose model is learned from the strict view of the other folds."""
    scores, spent = [], 0
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAILDROP_")}
    for fold in range(FOLDS):
        model, saved = os.path.join(FOLDER, "bayes.model"), os.path.join(FOLDER, "scores.json")
        if chain.get("filter.bayes.mode") != "off":
            words = [MAILDROP, "filter", "train", "--anew", "--to", model]
            for label in ("spam", "ham"):
                for each in others("strict", fold, label):
                    words += [f"--{label}", each]
            run(*words, env=environment, stderr=subprocess.DEVNULL)
        settings = {"filter.bayes.model": model, "filter.bayes.least": 1, **chain}
        for label in ("spam", "ham"):
            if not files(view, fold, label):
                continue
            if os.path.exists(saved):
                os.unlink(saved)
            words = [MAILDROP, "replay", "--json", "--in-order", "--rcpt", "someone@example.org", "--save", saved]
            for key, value in settings.items():
                words += ["--set", f"{key}={value}"]
            with Cpu() as cpu:
                report = json.loads(run(*words, folder(view, fold, label), env=environment, stderr=subprocess.DEVNULL))
            spent += cpu.ms
            unread = {os.path.basename(each["name"]) for each in report["troubles"]}  # whose senders no server would take
            judged = [path for path in files(view, fold, label) if os.path.basename(path) not in unread]
            with open(saved, encoding="utf-8") as lines:
                next(lines)
                scores += of_messages(label, judged, [json.loads(line)["score"] for line in lines])
    return scores, spent / len(scores)


def filter_names():
    return [line.split()[0] for line in run(MAILDROP, "filter", "list").decode().splitlines()[1:] if line.strip()]


def bayes_alone():
    chain = {f"filter.{name}.mode": "off" for name in filter_names() if name != "bayes"}
    return maildrop_scores("strict", {**chain, "filter.bayes.mode": "score"})


def rules_alone():
    return maildrop_scores("full", {"filter.bayes.mode": "off"})


def rules_and_bayes():
    """Of the whole message the rules see all, and bayes leaves out by itself what the strict view does, but for footers and
    names."""
    return maildrop_scores("full", {"filter.bayes.mode": "score"})


def bogofilter():
    scores, spent = [], 0
    home = os.path.join(FOLDER, "bogofilter")
    for fold in range(FOLDS):
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        for label, flag in (("spam", "-s"), ("ham", "-n")):
            learn = [each for i in range(FOLDS) if i != fold for each in files("strict", i, label)]
            run("bogofilter", "-d", home, flag, "-b", input="\n".join(learn).encode() + b"\n")
        for label in ("spam", "ham"):
            asked = files("strict", fold, label)
            with Cpu() as cpu:
                told = subprocess.run(["bogofilter", "-d", home, "-T", "-b"], input="\n".join(asked).encode() + b"\n",
                                      stdout=subprocess.PIPE, check=False).stdout.decode().splitlines()
            spent += cpu.ms
            scores += of_messages(label, asked, [float(line.split()[-1]) for line in told])
    return scores, spent / len(scores)


PERL = r"""
use Mail::SpamAssassin;
my $judge = Mail::SpamAssassin->new({local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => '/dev/null',
                                     config_text => undef, post_config_text => "use_bayes 0\nuse_auto_whitelist 0\n"});
$judge->compile_now(0);
while (my $path = <STDIN>) {
  chomp $path;
  open(my $file, '<', $path) or die; local $/; my $text = <$file>; close $file; $/ = "\n";
  my $mail = $judge->parse($text);
  my $found = $judge->check($mail);
  print $found->get_score(), "\n";
  $found->finish(); $mail->finish();
}
"""


def spamassassin():
    scores, spent = [], 0
    for label in ("spam", "ham"):
        asked = [each for fold in range(FOLDS) for each in files("full", fold, label)]
        with Cpu() as cpu:
            told = run("perl", "-e", PERL, input="\n".join(asked).encode() + b"\n", stderr=subprocess.DEVNULL)
        spent += cpu.ms
        scores += of_messages(label, asked, [float(line) for line in told.decode().split()])
    return scores, spent / len(scores)


# --- what they come to ---

def roc(scores):
    """Steps (false-positive rate, recall), equal scores in one step."""
    spam = sum(1 for is_spam, *_ in scores if is_spam)
    ham = len(scores) - spam
    found = collections.defaultdict(lambda: [0, 0])
    for is_spam, score, _ in scores:
        found[score][is_spam] += 1
    steps, hams, spams = [(0.0, 0.0)], 0, 0
    for score in sorted(found, reverse=True):
        hams, spams = hams + found[score][0], spams + found[score][1]
        steps.append((hams / ham, spams / spam))
    return steps


def recall_at(steps, rate):
    return max(recall for fpr, recall in steps if fpr <= rate)


def area(steps, until=1.0):
    """Of equal scores the half counts; up to `until`, as a mean of the recall."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(steps, steps[1:]):
        if x0 >= until:
            break
        end = min(x1, until)
        y_end = y1 if x1 == x0 else y0 + (y1 - y0) * (end - x0) / (x1 - x0)
        total += (end - x0) * (y0 + y_end) / 2
    return total / until


def lowest(steps):
    """The least false-positive rate at which anything is caught, and what."""
    rate = min(fpr for fpr, recall in steps if recall > 0)
    return rate, recall_at(steps, rate)


def spread(scores, measure, times=200):
    """95 % of corpora that are drawn anew, cluster by cluster, of spam and ham as many as there are."""
    chance, clusters_of = random.Random(1), collections.defaultdict(list)
    for each in scores:
        clusters_of[each[2]].append(each)
    kinds = [[group for group in clusters_of.values() if group[0][0] == is_spam] for is_spam in (True, False)]
    found = sorted(measure(roc([each for kind in kinds for group in chance.choices(kind, k=len(kind)) for each in group]))
                   for _ in range(times))
    return found[int(0.025 * times)], found[int(0.975 * times)]


def table(results):
    rows = [["system", "AUC", "recall at least FPR", "mean recall 0-1 %", "at 0.5 %", "at 1 %", "(95 %)", "CPU ms"]]
    for name, (scores, cost) in results.items():
        steps = roc(scores)
        rate, recall = lowest(steps)
        low, high = spread(scores, lambda each: recall_at(each, 0.01))
        rows.append([name, f"{area(steps):.4f}", f"{100 * recall:.1f} at {100 * rate:.2f} %",
                     f"{100 * area(steps, 0.01):.1f}", f"{100 * recall_at(steps, 0.005):.1f}",
                     f"{100 * recall_at(steps, 0.01):.1f}", f"{100 * low:.1f} to {100 * high:.1f}", f"{cost:.2f}"])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows) + "\n"


COLOURS = ("#1a5fb4", "#26a269", "#813d9c", "#c64600", "#a51d2d")


def plot(results, most=0.05):
    """Recall over the false-positive rates that anybody would bear."""
    left, top, width, height = 60, 20, 560, 400
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 20} {top + height + 50}" '
           'font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']

    def x(rate):
        return left + width * rate / most

    def y(recall):
        return top + height * (1 - recall)

    for i in range(6):
        out.append(f'<path d="M{left} {y(i / 5):.1f}h{width}M{x(most * i / 5):.1f} {top}v{height}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{y(i / 5) + 4:.1f}" text-anchor="end">{20 * i} %</text>')
        out.append(f'<text x="{x(most * i / 5):.1f}" y="{top + height + 18}" text-anchor="middle">{100 * most * i / 5:.0f} %</text>')
    for number, (name, (scores, _)) in enumerate(results.items()):
        points = [(fpr, recall) for fpr, recall in roc(scores) if fpr <= most]
        points.append((most, recall_at(roc(scores), most)))
        line = "L".join(f"{x(fpr):.1f} {y(recall):.1f}" for fpr, recall in points)
        out.append(f'<path d="M{line}" fill="none" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2"/>')
        row = top + height // 2 + 20 * (number - len(results) // 2)
        out.append(f'<path d="M{left + 330} {row - 4}h24" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2"/>')
        out.append(f'<text x="{left + 360}" y="{row}">{name}</text>')
    out.append(f'<text x="{left + width / 2}" y="{top + height + 40}" text-anchor="middle">false-positive rate</text>')
    out.append(f'<text transform="translate(14 {top + height / 2}) rotate(-90)" text-anchor="middle">recall</text></svg>')
    return "\n".join(out) + "\n"


def main():
    write_folds()
    systems = {"maildrop bayes": (bayes_alone, None), "maildrop rules": (rules_alone, None),
               "maildrop rules + bayes": (rules_and_bayes, None), "bogofilter": (bogofilter, "bogofilter"),
               "SpamAssassin, local rules": (spamassassin, "spamassassin")}
    results = {}
    for name, (judge, needs) in systems.items():
        if needs and not shutil.which(needs):
            print(f"{name}: left out, as {needs} is not installed", flush=True)
            continue
        print(f"{name} ...", flush=True)
        results[name] = judge()
    text = table(results)
    print("\n" + text)
    for name, content in (("result.txt", text), ("roc.svg", plot(results))):
        with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
            file.write(content)
    print(f"written: {os.path.join(FOLDER, 'result.txt')}, {os.path.join(FOLDER, 'roc.svg')}")


main()

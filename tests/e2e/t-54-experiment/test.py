"""examples/replay/spamassassin.sh: folds, all systems but SpamAssassin, a table and a plot."""
import os
import shutil
import subprocess
import sys
import xml.dom.minidom

from e2e import BINARY, WORK, check, environment, finish, same

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../examples/replay/spamassassin.sh")
WORDS = {"spam": "free money and cheap pills", "ham": "we lost the game on sunday"}
FOLDERS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham", "spam-1": "spam", "spam-2": "spam"}

for folder, label in FOLDERS.items():
    os.makedirs(f"{WORK}/corpus/{folder}")
    for i in range(8):
        with open(f"{WORK}/corpus/{folder}/{i}", "w", encoding="utf-8") as file:
            file.write("From a Mon Jan  1 00:00:00 2001\n" if i == 0 else "")
            file.write(f"Received: by {label}.example\nFrom: <{label}@example.org>\nMessage-ID: <{folder}{i // 2}@x>\n"
                       f"Subject: {WORDS[label]}\n\n{WORDS[label]} {folder} {'xyz'[i % 3] * (i + 1)}\n")
with open(f"{WORK}/corpus/spam-1/cmds", "w", encoding="utf-8") as file:
    file.write("mv 1 2\n")  # as the corpus has one

# A PATH without SpamAssassin, which would take minutes.
os.makedirs(f"{WORK}/bin")
for name in ("bash", "env", "dirname", "realpath", "mkdir", "bogofilter"):
    os.symlink(shutil.which(name), f"{WORK}/bin/{name}")
os.symlink(sys.executable, f"{WORK}/bin/python3")
env = environment() | {"PATH": f"{WORK}/bin", "MAILDROP": BINARY, "CORPUS": f"{WORK}/corpus", "FOLDS": "2"}
done = subprocess.run([SCRIPT, f"{WORK}/out"], env=env, capture_output=True, text=True, check=False)
same("it ends well", (done.returncode, done.stderr), (0, ""))
check("with all messages, in clusters", "16 spam and 24 ham in 12 clusters, 2 folds" in done.stdout, done.stdout)
check("what is not installed is told", "SpamAssassin, local rules: left out" in done.stdout, done.stdout)
with open(f"{WORK}/out/result.txt", encoding="utf-8") as file:
    rows = {line.split("  ")[0]: line.split() for line in file.read().splitlines()[1:]}
same("each system has its row", list(rows), ["maildrop bayes", "maildrop rules", "maildrop rules + bayes", "bogofilter"])
same("what is learned tells them apart", (rows["maildrop bayes"][2], rows["bogofilter"][1]), ("1.0000", "1.0000"))
same("the plot has a line for each", len(xml.dom.minidom.parse(f"{WORK}/out/roc.svg").getElementsByTagName("text")) >= 16, True)
finish()

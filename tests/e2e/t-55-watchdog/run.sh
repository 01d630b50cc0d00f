#!/usr/bin/env bash
# t-55-watchdog: programs kept up: order, hangs, crashes, orphans, what they say, and the end of all.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

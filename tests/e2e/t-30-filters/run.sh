#!/usr/bin/env bash
# t-30-filters: filters of a daemon, with the DNS of a test: who is refused when, what is kept and shown, a reload, and
# a DNS that is dead.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-22-purge: maildrop purge, with a daemon and without, on SQLite and Redis, and when either is killed midway.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

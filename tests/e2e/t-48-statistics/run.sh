#!/usr/bin/env bash
# t-48-statistics: numbers that outlive their process and are one for all of a store, over SQLite and Redis.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

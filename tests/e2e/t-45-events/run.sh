#!/usr/bin/env bash
# t-45-events: lists that wait and streams of events, from one process to another, over SQLite and Redis.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

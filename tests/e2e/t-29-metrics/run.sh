#!/usr/bin/env bash
# t-29-metrics: /metrics of a daemon, on SQLite and Redis, against METRICS of maildrop-serve(8). UPDATE_WANT=1 rewrites
# that part of the manual, for review.
. "$(dirname "$0")/../lib.sh"
needs redis-server
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-18-redis: a Redis that several daemons share, that is late, hangs, is full, and comes back.
. "$(dirname "$0")/../lib.sh"
needs redis-server
run_python "$(dirname "$0")/test.py"

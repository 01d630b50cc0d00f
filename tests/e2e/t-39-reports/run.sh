#!/usr/bin/env bash
# t-39-reports: what is decided is told: to a file, a stream of a real Redis, a webhook; and a zone that comes of it is
# served by a real rbldnsd.
. "$(dirname "$0")/../lib.sh"
needs redis-server rbldnsd
run_python "$(dirname "$0")/test.py"

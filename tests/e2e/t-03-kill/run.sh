#!/usr/bin/env bash
# t-03-kill: kill -9 under load, of the daemon and of Redis: no acknowledged message is lost.
. "$(dirname "$0")/../lib.sh"
needs redis-server
run_python "$(dirname "$0")/test.py"

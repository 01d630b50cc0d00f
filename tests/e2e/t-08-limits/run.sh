#!/usr/bin/env bash
# t-08-limits: each limit a stranger can reach, met over the wire, and the reply that names it.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

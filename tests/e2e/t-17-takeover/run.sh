#!/usr/bin/env bash
# t-17-takeover: a new process takes the place of the one that serves; then some restarts under load.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"
echo "  restarts under load:"
RESTARTS=${RESTARTS:-10} TMPDIR=$E2E_WORK "$root/tests/load/restart.sh" "$E2E_BINARY"

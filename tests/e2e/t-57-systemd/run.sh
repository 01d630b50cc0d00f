#!/usr/bin/env bash
# t-57-systemd: the units under a real systemd, which starts, watches, limits and restarts maildrop.
. "$(dirname "$0")/../lib.sh"
testbed=${SYSTEMD_TESTBED:-$root/../shared/systemd-testbed/run}
[ -x "$testbed" ] || { echo "skipped: no systemd testbed (SYSTEMD_TESTBED)"; exit 77; }
needs systemctl redis-server cmake
[ "$(id -u)" = 0 ] || { echo "skipped: the systemd testbed wants root"; exit 77; }
"$testbed" -t 240 -b "$E2E_WORK" -- "$python" "$(dirname "$0")/inside.py" &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"

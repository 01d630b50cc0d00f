#!/usr/bin/env bash
# t-56-stats: `maildrop stats` tells what /metrics, /v2/statistics and /api/v3/statistics tell, over SQLite and, summed
# over two processes, Redis; and the alerts and the dashboard of examples/monitoring, by promtool where there is one.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

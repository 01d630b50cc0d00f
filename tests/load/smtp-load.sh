#!/usr/bin/env bash
# Durable SQLite `maildrop serve-smtp` against postfix's smtp-sink, which stores nothing; cells of both in turn.
#   smtp-load.sh [BINARY]
# With PEERS="LABEL=PORT:PID[,PID...] ..." the same against servers that run already on SERVER_CPU, warmed up by 8000
# messages; the CPU of all the pids is theirs.
# Server on CPU 0 from its start, client (smtp-source) on CPU 1. Prints a TSV, then medians and ratios as `# ` lines.
# Environment: ROUNDS (5) SESSIONS (50) LENGTHS ("1024 10240 51200") MODES ("conn keep": a connection for each message,
# or one reused) REALISTIC (0; 1: messages of words and not of one letter) SECONDS_EACH (1.5) MAX_MESSAGES (60000) SERVER_CPU (0) CLIENT_CPU (1) QUIET_WAIT (5: seconds to wait, at
# most, for an idle machine before each cell). other_cores is CPU that strangers took during a cell.
. "$(dirname "$0")/lib.sh"
for command in smtp-source smtp-sink taskset; do
  command -v "$command" >/dev/null || { echo "needs $command (packages postfix, util-linux)" >&2; exit 1; }
done
run_python smtp_load.py

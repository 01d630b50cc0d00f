#!/usr/bin/env bash
# How long a whole delivery takes, pipelined, from connecting to the 250 for the message, while
# RATES ("100 400") connections come each second, whether those before them are done or not (an open loop): LENGTH
# (10240) bytes each, for SECONDS_EACH (8) seconds, ROUNDS (3) rounds.
#   latency.sh [BINARY]
# With PEERS="LABEL=PORT:PID[,PID...] ..." also of servers that run already, warmed up by 8000 messages (see
# smtp-load.sh). Server on CPU SERVER_CPU (0), client on CLIENT_CPU (1). Prints a TSV and, for each rate, the medians of p99
# as `# ` lines.
. "$(dirname "$0")/lib.sh"
run_python latency.py

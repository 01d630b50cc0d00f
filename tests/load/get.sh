#!/usr/bin/env bash
# GETs of an inbox of ten, on CLIENTS (64) connections that are kept, for SECONDS_EACH (5) seconds by wrk; of a server
# that makes each answer anew (api.answer_cache = 0); and of a file of the same size by nginx; in turns, ROUNDS (3) rounds.
# Server on CPU SERVER_CPU (0), wrk on CLIENT_CPU (1). Prints a TSV, and as `# ` lines the medians of the requests for each
# second of the server's CPU, and their ratios.
#   get.sh [BINARY]
. "$(dirname "$0")/lib.sh"
for each in wrk nginx; do command -v "$each" >/dev/null || { echo "no $each: apt-get install wrk nginx-light" >&2; exit 1; }; done
run_python get.py

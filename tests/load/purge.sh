#!/usr/bin/env bash
# How long deliveries take while `maildrop purge` removes COUNT (100000) messages of LENGTH (2048) bytes: RATE (100) whole
# deliveries a second, an open loop (latency.py), before it and while it runs; on SQLite, and on Redis with
# examples/redis.conf where redis-server is there. Prints a TSV. Nothing is pinned to a CPU.
#   purge.sh [BINARY]
. "$(dirname "$0")/lib.sh"
run_python purge.py

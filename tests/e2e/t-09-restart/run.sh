#!/usr/bin/env bash
# t-09-restart: what outlives a restart: messages, caps, expiry, deletions.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

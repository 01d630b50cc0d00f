#!/usr/bin/env bash
# t-43-aliases: addresses that hide their inbox: made, written to, forged, rotated, revoked and expired.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

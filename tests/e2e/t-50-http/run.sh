#!/usr/bin/env bash
# t-50-http: the attacks of tests/api/http over sockets: what comes back, that the connection ends, and what they cost.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-14-proxy: balancers and their PROXY headers, and those who only pretend.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

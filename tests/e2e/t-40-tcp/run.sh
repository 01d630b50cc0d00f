#!/usr/bin/env bash
# t-40-tcp: what clients run on, from the packet that the kernel keeps to the trace
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-33-strangers: what is remembered of clients that do not wait or were refused, and what is written of them
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-42-rates: HTTP clients that ask too much: when they hear so, when they are served again, and that others are served.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

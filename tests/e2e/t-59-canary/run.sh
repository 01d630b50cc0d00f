#!/usr/bin/env bash
# t-59-canary: a message through the real listeners and back: by the command, and by /readyz?deep=1.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

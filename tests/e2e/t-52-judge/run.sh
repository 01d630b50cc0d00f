#!/usr/bin/env bash
# t-52-judge: maildrop replay without a server: what filters make of recorded mail, the same each time.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

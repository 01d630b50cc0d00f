#!/usr/bin/env bash
# t-36-place: where clients are by a database that is made, replaced, damaged, and not there
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

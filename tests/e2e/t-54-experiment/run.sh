#!/usr/bin/env bash
# t-54-experiment: the public experiment runs by one command, on a corpus that takes seconds.
. "$(dirname "$0")/../lib.sh"
needs bogofilter
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-24-replay: maildrop replay into a real daemon: import, load, whose mail it is, and servers that are busy or die.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

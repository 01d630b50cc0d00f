#!/usr/bin/env bash
# t-03-kill: kill -9 under load: no acknowledged message is lost.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

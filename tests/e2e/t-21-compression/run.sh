#!/usr/bin/env bash
# t-21-compression: how much of the disk real mail takes, all overhead of the file included.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

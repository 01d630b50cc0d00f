#!/usr/bin/env bash
# t-62-logs: a log in files that cannot outgrow the disk, written by two processes at once, folded where it says the
# same again and again; and `maildrop session`, which finds in it what somebody quotes.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

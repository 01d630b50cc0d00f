#!/usr/bin/env bash
# t-10-inbox: maildrop inbox: exit statuses, JSON, waiting, following, hostile text on a terminal.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

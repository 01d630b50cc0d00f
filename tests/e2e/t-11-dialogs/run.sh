#!/usr/bin/env bash
# t-11-dialogs: every dialog of tests/smtp/dialogs against the real server.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-23-export: maildrop inbox --export, read back by Python's mailbox module and compared with the store.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

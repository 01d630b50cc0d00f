#!/usr/bin/env bash
# t-25-backup: maildrop backup and restore, beside deliveries, from store to store, damaged, interrupted and killed.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

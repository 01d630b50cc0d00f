#!/usr/bin/env bash
# Time from exec to ready of `maildrop serve`, on a new store and on one that holds mail. Prints a TSV.
#   start.sh [BINARY]     STARTS (10)
. "$(dirname "$0")/lib.sh"
run_python start.py

#!/usr/bin/env bash
# Server CPU for large messages: COUNT (20) of SIZE bytes (25 MiB) one after another on one connection, by DATA and by
# BDAT, into SQLite.
#   large.sh [BINARY]
# Prints a TSV: megabytes a second of server CPU (aim: more than 200), and of time.
. "$(dirname "$0")/lib.sh"
run_python large.py

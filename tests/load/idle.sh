#!/usr/bin/env bash
# Memory of `serve-smtp` at rest and with idle connections (banner read, EHLO answered). Prints a TSV.
#   idle.sh [BINARY]      CONNECTIONS (2000 5000); a fresh start each
. "$(dirname "$0")/lib.sh"
run_python idle.py

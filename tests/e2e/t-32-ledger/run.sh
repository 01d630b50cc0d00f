#!/usr/bin/env bash
# t-32-ledger: filters that live by the ledger: who comes again after a greylist's delay is known, also after a restart;
# and what a client has sent is counted, also then.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

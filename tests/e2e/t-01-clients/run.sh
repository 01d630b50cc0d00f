#!/usr/bin/env bash
# t-01-clients: the mail clients people use; what they send is read back byte for byte.
. "$(dirname "$0")/../lib.sh"
needs swaks smtp-source curl
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-27-dns: maildrop dns, and the doctor's questions, against a server on loopback.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

#!/usr/bin/env bash
# t-27-dns: maildrop dns, the doctor's questions, and what a server's filters know, against a DNS server on loopback.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"
run_python "$(dirname "$0")/live.py"

#!/usr/bin/env bash
# t-02-corpus: 6,046 real messages in by SMTP, out by HTTP and on the command line, byte for byte.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

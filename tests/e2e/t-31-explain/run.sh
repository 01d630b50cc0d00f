#!/usr/bin/env bash
# t-31-explain: maildrop explain, with the DNS of a test and with facts of a file.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

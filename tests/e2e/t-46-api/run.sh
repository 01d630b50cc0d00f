#!/usr/bin/env bash
# t-46-api: version 3 of the API on the wire: parts, conditions, ranges, gzip, HEAD, OPTIONS, and who may empty an inbox.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

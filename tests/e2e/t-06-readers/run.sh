#!/usr/bin/env bash
# t-06-readers: serve-smtp, serve-api and inbox on one SQLite file; one writer only.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

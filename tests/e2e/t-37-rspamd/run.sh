#!/usr/bin/env bash
# t-37-rspamd: a real rspamd is asked about mail; it hangs, dies, and comes back.
. "$(dirname "$0")/../lib.sh"
needs rspamd
run_python "$(dirname "$0")/test.py"

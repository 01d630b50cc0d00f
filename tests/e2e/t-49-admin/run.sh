#!/usr/bin/env bash
# t-49-admin: the operators' listener, by a unix socket and by a port with a token, and nothing of it in public.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

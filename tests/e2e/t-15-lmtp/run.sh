#!/usr/bin/env bash
# t-15-lmtp: mail servers of one's own: LMTP over unix and TCP sockets, and XCLIENT, with clients of others.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

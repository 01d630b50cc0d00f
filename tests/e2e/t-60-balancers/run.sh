#!/usr/bin/env bash
# t-60-balancers: the real HAProxy and nginx, with the files of examples/, before real nodes on one Redis.
. "$(dirname "$0")/../lib.sh"
needs haproxy nginx redis-server openssl curl
run_python "$(dirname "$0")/test.py"

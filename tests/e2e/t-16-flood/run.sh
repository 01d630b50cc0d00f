#!/usr/bin/env bash
# t-16-flood: rates, suspects, scarce seats, and whose memory it is, over real sockets from many loopback addresses.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

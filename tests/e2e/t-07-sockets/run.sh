#!/usr/bin/env bash
# t-07-sockets: IPv4, IPv6, unix sockets, and sockets inherited as systemd passes them.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

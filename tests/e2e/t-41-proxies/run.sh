#!/usr/bin/env bash
# t-41-proxies: HTTP through a reverse proxy, which names its clients.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

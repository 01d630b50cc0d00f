#!/usr/bin/env bash
# t-57-systemd: the units under a real systemd, which starts, watches, limits and restarts maildrop.
. "$(dirname "$0")/../lib.sh"
needs systemctl redis-server cmake
in_testbed 240 "$(dirname "$0")/inside.py"

#!/usr/bin/env bash
# Whether a restart is felt: CLIENTS (16) deliver without a pause, half of them a message for each connection and half
# 20, and two more ask the API, while RESTARTS (100) new processes take the place of the old one:
#   takeover       by service.takeover, with the sockets of the old one
#   far takeover   the same for clients that are FAR (25) ms away, so that handshakes are under way at each restart
#   inherited      by sockets that are there all the time, as systemd holds them: TERM, wait for the end, start
#   restart.sh [BINARY]
# Prints a TSV: what was delivered, told to come back (4xx), refused, reset or closed without a word, and lost (answered
# 250 and not there at the end), and the longest wait for a greeting. Ends with 1 if something was refused, reset or
# lost. The far ones need root and /dev/net/tun: a network namespace of their own with a mirror in it.
. "$(dirname "$0")/lib.sh"
status=0
run_python restart.py takeover || status=1
if [ "$(id -u)" = 0 ] && [ -c /dev/net/tun ] && command -v ip >/dev/null && unshare --net true 2>/dev/null; then
  run_python restart.py far || status=1
else
  echo "skipped: far takeover (no root, no /dev/net/tun, no ip or no network namespace)" >&2
fi
run_python restart.py inherited || status=1
exit "$status"

#!/usr/bin/env bash
# Whether honest clients get through an attack, and how fast: IDLE (2000) connections that say nothing more, DRIPPING (500)
# that send a byte a second, and one address that floods with connections and messages, all while HONEST (20) addresses
# deliver a message a second each, a connection for each, for LASTS (30) seconds; first without the attack, then with it.
#   siege.sh [BINARY]
# All sources are loopback addresses, none of them exempt. Prints a TSV of what honest clients saw. Ends with 1 if one of
# them was not served, or a reply took longer than 2 s.
. "$(dirname "$0")/lib.sh"
run_python siege.py

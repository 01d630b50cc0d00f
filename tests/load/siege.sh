#!/usr/bin/env bash
# Whether honest clients get through an attack, and how fast: IDLE (2000) connections that say nothing more, DRIPPING (500)
# that send a byte a second, HOLDING (500), 100 a network, with up to 400 kB of a message that does not end, and one address that
# floods with connections and messages, all for SEATS (2400), all coming again when they are ended, while HONEST (20)
# addresses deliver a message a second each, a connection for each, for LASTS (30) seconds; first without the attack, then
# with it.
#   siege.sh [BINARY]
# All sources are loopback addresses, none of them exempt. Prints a TSV of what honest clients saw. Ends with 1 if one of
# them was not served, or a reply took longer than 2 s.
. "$(dirname "$0")/lib.sh"
run_python siege.py

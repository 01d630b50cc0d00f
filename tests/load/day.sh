#!/usr/bin/env bash
# A day of a service of 250,000 messages, as fast as it goes: SESSIONS (250000) behind a balancer that says whose they are
# (PROXY). Of ten, seven are in a list (DNSBL) and refused, one is told to come again and never does (greylisting), one is
# told so, and the last one is that one again, whose mail is stored. All other filters are as shipped, all answers of the
# DNS come from loopback, and the log goes to a file. AT_ONCE (64) connections; server on CPU SERVER_CPU (0), clients and
# DNS on CLIENT_CPU (1).
#   day.sh [BINARY]
# Prints wall time, CPU, memory and disk of all of maildrop, and what a million messages cost at PRICE (19) dollars a month
# for a machine of two cores, half of whose CPU may be used. Ends with 1 if a session did not end as it should.
. "$(dirname "$0")/lib.sh"
run_python day.py

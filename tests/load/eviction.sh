#!/usr/bin/env bash
# Whether a flood of large messages can push others' mail out: one network (a /24) sends FLOOD (100000) messages of SIZE
# (100000) bytes, each to a fresh name, into a store of CAPACITY (256MiB) as fast as it takes them, while ten addresses
# of other networks deliver a message a second each to fresh names and read all of theirs that are younger than
# inbox.min_age (MIN_AGE, 20 s; 10 minutes by default, and then nothing of the flood is old enough before it is over).
#   eviction.sh [BINARY]
# STORE: a url of Redis; default SQLite. Prints a TSV; ends with 1 if a message was refused to or lost for the ten.
. "$(dirname "$0")/lib.sh"
run_python eviction.py

#!/usr/bin/env bash
# How long an honest GET of an inbox of ten takes, on a connection that is kept and on fresh ones, without and with DRIPS
# (512) connections that send the header of a request a byte at a time, each one every DRIP_MS (250), and come again when
# they are refused. GETS (2000) of each, ROUNDS (3) rounds; server on CPU SERVER_CPU (0), clients on CLIENT_CPU (1). Prints
# a TSV and `# ` lines.
#   drips.sh [BINARY]
. "$(dirname "$0")/lib.sh"
run_python drips.py

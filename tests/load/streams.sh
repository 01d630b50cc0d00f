#!/usr/bin/env bash
# Streams of events: memory of `serve-api` with STREAMS (2000) of them open, each on an inbox of its own; how long a GET
# of an inbox takes with them and without, while mail comes to `serve-smtp` beside it; and how long it takes from the 250
# of a message to its event. Prints a TSV and `# ` lines.
#   streams.sh [BINARY]
. "$(dirname "$0")/lib.sh"
run_python streams.py

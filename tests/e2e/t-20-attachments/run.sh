#!/usr/bin/env bash
# t-20-attachments: mail.attachments = strip, keep and reject, by SMTP and LMTP, and what readers see of it.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"
run_python "$(dirname "$0")/ambiguous.py"

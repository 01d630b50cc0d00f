#!/usr/bin/env bash
# t-44-html: the corpus of hostile HTML (tests/mail/html), sent in as mail and shown by a real browser: no script runs,
# and nothing is asked for.
. "$(dirname "$0")/../lib.sh"
needs chromium node
node -e 'require("playwright-core")' 2>/dev/null || { echo "skipped: no playwright-core in NODE_PATH"; exit 77; }
run_python "$(dirname "$0")/test.py"

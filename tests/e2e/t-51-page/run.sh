#!/usr/bin/env bash
# t-51-page: what a person does with the pages, in a real browser: with scripts and without, by keyboard, on a phone, in
# both themes. Accessibility by axe, weight by what goes over the wire. SCREENSHOTS=FOLDER keeps pictures.
. "$(dirname "$0")/../lib.sh"
needs chromium node
node -e 'require("playwright-core"), require.resolve("axe-core/axe.min.js")' 2>/dev/null ||
  { echo "skipped: no playwright-core and axe-core in NODE_PATH"; exit 77; }
run_python "$(dirname "$0")/test.py"

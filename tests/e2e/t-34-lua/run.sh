#!/usr/bin/env bash
# t-34-lua: scripts of an operator as filters: written, broken, mended and taken away while mail comes in
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

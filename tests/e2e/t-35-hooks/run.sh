#!/usr/bin/env bash
# t-35-hooks: a service of an operator's own is asked about mail: the example, and ones that are slow, dead, or talk
# nonsense.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

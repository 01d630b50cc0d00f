#!/usr/bin/env bash
# t-26-redis-faults: the Nth write or sync of Redis's append-only file fails: no 250 without a sync, no loss afterwards,
# and mail is taken again by the same maildrop.
. "$(dirname "$0")/../lib.sh"
needs redis-server redis-check-aof g++
faults=$E2E_ROOT/tests/e2e/t-19-faults
g++ -std=c++20 -O1 -Wall -Wextra -Werror -shared -fPIC -o "$E2E_WORK/faults.so" "$faults/faults.cc"
PYTHONPATH+=":$faults"
run_python "$(dirname "$0")/test.py"

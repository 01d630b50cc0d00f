#!/usr/bin/env bash
# t-19-faults: the Nth write, sync or cut of the store's files fails: no 250 without a sync, and no loss afterwards.
. "$(dirname "$0")/../lib.sh"
needs g++
g++ -std=c++20 -O1 -Wall -Wextra -Werror -shared -fPIC -o "$E2E_WORK/faults.so" "$(dirname "$0")/faults.cc"
run_python "$(dirname "$0")/test.py"

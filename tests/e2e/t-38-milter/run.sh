#!/usr/bin/env bash
# t-38-milter: a milter is asked about mail: one of the test's own, slow, dead, or wrong, and one made with libmilter.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

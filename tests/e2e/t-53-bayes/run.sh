#!/usr/bin/env bash
# t-53-bayes: a model is taught into the store beside a server that runs, judges its mail, and is in its backups.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

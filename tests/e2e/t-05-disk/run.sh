#!/usr/bin/env bash
# t-05-disk: a full disk refuses with 452 and loses nothing; a freed one accepts again.
# The disk is a small tmpfs in a mount namespace of its own, gone with the test.
. "$(dirname "$0")/../lib.sh"
needs redis-server
mkdir "$E2E_WORK/disk"
# shellcheck disable=SC2016  # it is the inner shell's
in_namespace mount 'mount -t tmpfs -o size=8m maildrop-test "$E2E_WORK/disk"' "$(dirname "$0")/test.py" "$E2E_WORK/disk"

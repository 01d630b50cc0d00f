#!/usr/bin/env bash
# t-05-disk: a full disk refuses with 452 and loses nothing; a freed one accepts again.
# The disk is a small tmpfs in a mount namespace of its own, gone with the test.
. "$(dirname "$0")/../lib.sh"
needs redis-server
disk=$E2E_WORK/disk
mkdir "$disk"
# shellcheck disable=SC2016  # $1 is the inner shell's
inside='mount -t tmpfs -o size=8m maildrop-test "$1" && shift && exec "$@"'
for namespace in "unshare --mount" "unshare --mount --map-root-user"; do
  if $namespace sh -c "$inside" - "$disk" true 2>/dev/null; then
    child=
    # shellcheck disable=SC2086  # two words or three
    $namespace sh -c "$inside" - "$disk" "$python" "$(dirname "$0")/test.py" "$disk" &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    exit "$status"
  fi
done
echo "skipped: a tmpfs cannot be mounted here"
exit 77

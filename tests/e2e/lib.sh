# shellcheck shell=bash
# lib.sh: sourced by each t-NN-name/run.sh. A test is called as `run.sh [BINARY]` and ends with
#   0 passed, 1 failed, 77 skipped (what it needs is not there; the last line says what).
# It listens on loopback ports picked by the system, works in a folder of its own, and ends what it started.
set -euo pipefail
e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$e2e/../.." && pwd)
E2E_BINARY=${1:-$root/build/maildrop}
[ -x "$E2E_BINARY" ] || { echo "no binary at '$E2E_BINARY'" >&2; exit 1; }
E2E_BINARY=$(realpath "$E2E_BINARY")
E2E_ROOT=$root
E2E_WORK=$(mktemp -d "${TMPDIR:-/tmp}/maildrop-e2e.XXXXXX")
export E2E_BINARY E2E_ROOT E2E_WORK PYTHONPATH="$e2e" PYTHONDONTWRITEBYTECODE=1
export PATH="$PATH:/usr/sbin:/sbin"
python=/usr/bin/python3
child=

clean_up() {
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null && wait "$child" 2>/dev/null; fi
  rm -rf "$E2E_WORK"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# run_child COMMAND...: in the background, so that a signal to this shell is not held up by it.
run_child() {
  local status=0
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

# run_python FILE [ARGUMENT...]
run_python() { run_child "$python" "$@"; }

# in_namespace KIND PREPARE FILE [ARGUMENT...]: FILE is run by Python in a namespace of its own (mount, net) in which
# PREPARE has been done. Skips the test where there is none to be had.
in_namespace() {
  local kind=$1 prepare=$2 namespace
  shift 2
  for namespace in "unshare --$kind" "unshare --$kind --map-root-user"; do
    # shellcheck disable=SC2086  # two words or three
    if $namespace sh -c "$prepare" 2>/dev/null; then
      run_child $namespace sh -c "$prepare"' && exec "$@"' - "$python" "$@"
      return
    fi
  done
  echo "skipped: no namespace ($kind) in which to '$prepare'"
  exit 77
}

# needs COMMAND...: skips the test unless all are installed.
needs() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || { echo "skipped: no $command"; exit 77; }
  done
}

# in_testbed SECONDS FILE: FILE is run by Python under a systemd of its own. Skips the test where there is none to be had.
in_testbed() {
  local testbed=${SYSTEMD_TESTBED:-$root/../shared/systemd-testbed/run} status=0
  [ -x "$testbed" ] || { echo "skipped: no systemd testbed (SYSTEMD_TESTBED)"; exit 77; }
  [ "$(id -u)" = 0 ] || { echo "skipped: the systemd testbed wants root"; exit 77; }
  # What lies on another file system than / has to be named, to be there at all.
  run_child "$testbed" -t "$1" -b "$E2E_WORK" -b "$root" -b "$(dirname "$E2E_BINARY")" -- "$python" "$2" || status=$?
  [ "$status" -ne 125 ] || { echo "skipped: the systemd testbed does not start here"; exit 77; }
  return "$status"
}

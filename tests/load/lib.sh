# shellcheck shell=bash
# lib.sh: sourced by the load tests: `NAME.sh [BINARY]`. BINARY: a Release build, default build/maildrop.
# They use loopback only, keep their files in a folder under $TMPDIR (a real disk, please: fsync is part of the figure),
# are bounded in count and time, and end what they started.
set -euo pipefail
load=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$(realpath "${1:-$load/../../build/maildrop}")
[ -x "$binary" ] || { echo "no binary at '$binary'" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/maildrop-load.XXXXXX")
export PYTHONDONTWRITEBYTECODE=1 PATH="$PATH:/usr/sbin:/sbin"
child=
# shellcheck disable=SC2317  # called by the trap
clean_up() {
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null && wait "$child" 2>/dev/null; fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# run_python FILE [ARGUMENT...]
run_python() {
  local status=0
  /usr/bin/python3 "$load/$1" "$binary" "$work" "${@:2}" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

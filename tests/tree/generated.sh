#!/usr/bin/env bash
# Compares what `maildrop generate` prints with what is checked in: `tests/tree/generated.sh [--update] BINARY`.
# Whole files: the completions and the sample configurations. In manual pages: what stands between
# `.\" generated: begin ARGUMENTS` and `.\" generated: end`, ARGUMENTS being those of `maildrop generate`.
# With --update the files are rewritten, for review.
set -u
update=false
if [ "${1:-}" = --update ]; then
  update=true
  shift
fi
binary=$(realpath "${1:?the binary}") || exit 1
cd "$(dirname "$(realpath "$0")")/../.." || exit 1
status=0
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT

# settle FILE: $wanted is what it should be.
settle() {
  cmp -s "$wanted" "$1" && return
  if $update; then
    mkdir -p "$(dirname "$1")"
    cat "$wanted" >"$1"
    echo "updated $1"
  else
    diff -u --label "$1 (as it is)" --label "$1 (as generated)" "$1" "$wanted"
    status=1
  fi
}

# file NAME ARGUMENT...: the whole file.
file() {
  local name=$1
  shift
  if "$binary" generate "$@" >"$wanted" && [ -s "$wanted" ]; then
    settle "$name"
  else
    echo "$name: maildrop generate $* prints nothing"
    status=1
  fi
}

# page NAME: its generated parts, everything else as it is.
page() {
  local line arguments inside=false
  while IFS= read -r line; do
    case $line in
      '.\" generated: begin '*)
        inside=true
        read -ra arguments <<<"${line#*begin }"
        printf '%s\n' "$line"
        "$binary" generate "${arguments[@]}" || return 1
        ;;
      '.\" generated: end') inside=false ;;&
      *) $inside || printf '%s\n' "$line" ;;
    esac
  done <"$1" >"$wanted"
  if $inside; then
    echo "$1: no end of a generated part"
    return 1
  fi
  settle "$1"
}

file completions/maildrop.bash completion bash
file completions/_maildrop completion zsh
file completions/maildrop.fish completion fish
file examples/maildrop.toml config
file examples/container/maildrop.env environment
for name in man/*.[1-8]; do
  grep -q '^\.\\" generated: begin ' "$name" || continue
  page "$name" || status=1
done
exit "$status"

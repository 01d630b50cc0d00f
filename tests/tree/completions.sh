#!/usr/bin/env bash
# Asks real shells what they would complete. `tests/tree/completions.sh`; a shell that is not installed is skipped.
# shellcheck disable=SC2317  # the functions are called by name
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit 1
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/some file.toml"
mkdir "$work/folder"

# Each prints the candidates for a command line, one a line.
ask_bash() {
  (cd "$work" && bash --norc -c '
    source "$0"
    read -ra COMP_WORDS <<<"${1//=/ = }"
    [[ $1 != *" " ]] || COMP_WORDS+=("")
    [[ $1 != *= ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _maildrop
    printf "%s\n" "${COMPREPLY[@]}"' "$OLDPWD/completions/maildrop.bash" "$1")
}

ask_fish() {
  (cd "$work" && HOME=$work XDG_CONFIG_HOME=$work fish --no-config -c "
    source $OLDPWD/completions/maildrop.fish
    complete -C '$1'" 2>&1 | cut -f 1)
}

ask_zsh() { (cd "$work" && zsh -f "$OLDPWD/tests/tree/complete.zsh" "$OLDPWD/completions" "$1"); }

# expect SHELL LINE WANTED...: all of these are offered; !WORD is not.
expect() {
  local shell=$1 line=$2 offered word
  shift 2
  offered=$("ask_$shell" "$line")
  for word in "$@"; do
    if [[ $word == !* ]]; then
      ! grep -qxF -- "${word#!}" <<<"$offered"
    else
      grep -qxF -- "$word" <<<"$offered"
    fi && continue
    echo "$shell: '$line': $word"
    printf '  offered: %s\n' "${offered//$'\n'/ }"
    status=1
  done
}

for shell in bash zsh fish; do
  command -v "$shell" >/dev/null || { echo "skip $shell: not installed" && continue; }
  [ "$shell" != bash ] || bash -n completions/maildrop.bash || status=1
  [ "$shell" != zsh ] || zsh -n completions/_maildrop || status=1
  [ "$shell" != fish ] || fish -n completions/maildrop.fish || status=1
  expect "$shell" 'maildrop ' inbox config serve version '!generate' '!check'
  expect "$shell" 'maildrop inb' inbox '!config'
  expect "$shell" 'maildrop --config x.toml inb' inbox
  expect "$shell" 'maildrop config ' check show defaults '!inbox'
  expect "$shell" 'maildrop --set a=b config sh' show '!check'
  expect "$shell" 'maildrop config show --' --origin --json --config '!--raw'
  expect "$shell" 'maildrop inbox bob --' --raw --wait --color --set '!--origin'
  expect "$shell" 'maildrop inbox bob --fo' --follow --force '!--raw'
  expect "$shell" 'maildrop inbox config --' --raw '!--origin'
  expect "$shell" 'maildrop inbox bob --color ' auto always never
  expect "$shell" 'maildrop inbox bob --config s' 'some file.toml'
  expect "$shell" 'maildrop version --js' --json
done
# Only bash is asked here: the others print the word with its option before it.
expect bash 'maildrop inbox bob --color=al' always '!auto'
expect bash 'maildrop inbox bob --color=' auto always never
expect bash 'maildrop inbox -o ' 'some file.toml' folder
expect bash 'maildrop inbox bob -n ' '!inbox'
[ "$status" -ne 0 ] || echo "completions: all as expected"
exit "$status"

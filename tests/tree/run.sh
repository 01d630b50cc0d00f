#!/usr/bin/env bash
# Checks of the tree itself: `tests/tree/run.sh [BINARY]`. One function a check; each prints `ok NAME` or what is wrong
# and `FAIL NAME`. Without BINARY the checks that ask it are skipped.
# shellcheck disable=SC2317  # the functions are called by name
set -u  # no pipefail: a grep that finds nothing is good news here
cd "$(dirname "$(realpath "$0")")/../.." || exit 1
binary=${1:-}
[ -z "$binary" ] || binary=$(realpath "$binary")
export LC_ALL=C.UTF-8

# files PATTERN...: files of the tree by name, nothing built or downloaded.
files() {
  local pattern names=()
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find . \( -name .git -o -name 'build' -o -name 'build-*' -o -name node_modules -o -name __pycache__ \) -prune -o \
    -type f \( "${names[@]:1}" \) -printf '%P\n' | sort
}

# none: fails and shows its input when there is any.
none() {
  local found
  found=$(cat)
  [ -z "$found" ] || { echo "$found"; return 1; }
}

# same FILE: compares stdin with the file.
same() { diff -u --label "$1 (as it is)" --label "$1 (as generated)" "$1" -; }

generate() { "$binary" generate "$@"; }

# --- structure ---

check_floors() { /usr/bin/python3 -B tests/tree/floors.py modules; }

check_third_party_headers() { /usr/bin/python3 -B tests/tree/floors.py third-party; }

check_top_level() {
  local agreed=" CMakeLists.txt README.md LICENSE .clang-format .clang-tidy .editorconfig .gitignore .gitlab-ci.yml .ci
    cmd lib systemd man completions tests examples "
  find . -mindepth 1 -maxdepth 1 ! -name .git ! -name build ! -name 'build-*' -printf '%f\n' | while read -r name; do
    [[ $agreed =~ [[:space:]]"$name"[[:space:]] ]] || echo "$name is not an agreed name at the top"
  done | none
}

check_first_lines() {
  files '*.h' '*.cc' | while read -r file; do
    head -n 1 "$file" | grep -qE "^/// $(basename "$file" | sed 's/\./\\./g'): .+" ||
      echo "$file:1: does not begin with '/// $(basename "$file"): what it is.'"
  done | none
}

# lib/M/x.cc has tests/M/x_test.cc, or a line in untested.txt that says why not.
check_every_source_has_a_test() {
  {
    find lib -name '*.cc' | sort | while read -r source; do
      test=tests/${source#lib/}
      [ -f "${test%.cc}_test.cc" ] || grep -q "^$source  *[^ ]" tests/tree/untested.txt || echo "$source: no ${test%.cc}_test.cc"
    done
    grep -v '^#' tests/tree/untested.txt | while read -r source _; do
      test=tests/${source#lib/}
      [ -f "$source" ] || echo "tests/tree/untested.txt: $source does not exist"
      [ ! -f "${test%.cc}_test.cc" ] || echo "tests/tree/untested.txt: $source has a test"
    done
  } | none
}

check_dialogs_name_their_attack() {
  local dialogs
  dialogs=$(files '*.smtp')
  [ -n "$dialogs" ] || { echo "no dialogs"; return 1; }
  for file in $dialogs; do
    head -n 1 "$file" | grep -q '^# .' || echo "$file:1: the first line is not '# the attack or rule'"
  done | none
}

# --- code ---

# g++ 12 destroys some temporaries of a co_await expression twice; see the README of lib.
check_coroutine_traps() {
  local sources
  mapfile -t sources < <(files '*.h' '*.cc' | xargs grep -lw co_await)
  [ ${#sources[@]} -gt 0 ] || return 0
  perl -0777 -ne '
    s{//.*}{}g;
    while (/co_await[^;]*?(\?|\[(?!(&\w*|this)(,\s*(&\w+|this))*\])[^]]+\]\s*[({]|[(,]\s*\{|\b[A-Z]\w*\{)
           |\?[^;{}]*co_await|(\w|\()\{[^;}]*co_await/gx) {
      print "$ARGV:", 1 + (substr($_, 0, $-[0]) =~ tr/\n//), ": name a local first\n";
    }' "${sources[@]}" | none
}

check_format() { files '*.h' '*.cc' | xargs clang-format-14 --dry-run --Werror; }

check_shell_scripts() {
  {
    files '*.sh'
    files '*' | xargs grep -lIE -m 1 '^#!.*\b(ba)?sh$'
  } | sort -u | xargs shellcheck -x -P SCRIPTDIR
}

check_python_compiles() {
  files '*.py' | while read -r file; do
    /usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file" 2>&1 || echo "$file: does not compile"
  done | none
}

# Paths of a developer's machine, and hosts that packages come from, have no place in the tree.
check_no_machine_paths() {
  local paths='(^|[^A-Za-z0-9_.~-])/(wor[k]|roo[t]|hom[e]/[a-z]+)(/|$|["'"'"' ])'
  local hosts='registry\.(npmj[s]|yarnpk[g]|docke[r])|pyp[i]\.org|pythonhoste[d]|deb\.debia[n]|proxy\.golan[g]'
  files '*' | xargs grep -nIE "$paths|$hosts" | none
}

check_plain_files() {
  {
    files '*.h' '*.cc' '*.md' '*.sh' '*.py' '*.txt' '*.toml' '*.yml' | xargs grep -nIE '[[:space:]]+$|'$'\t' | sed 's/$/  <- tab or trailing space/'
    files '*.h' '*.cc' | xargs grep -nE '\b(TODO|FIXME|XXX)\b'
    # A table may be long: settings.cc is one.
    files '*.h' '*.cc' | grep -v '^lib/core/settings.cc$' | xargs wc -l |
      awk '$2 != "total" && $1 > 400 { print $2 ": " $1 " lines; past 400 look for the second idea" }'
  } | none
}

# --- documents ---

check_links() {
  files '*.md' | while read -r file; do
    grep -oE '\]\([^)[:space:]]+\)' "$file" | sed 's/^](//; s/)$//' | grep -vE '^(https?|mailto):|^#' | sed 's/#.*//' |
      while read -r target; do
        [ -e "$(dirname "$file")/$target" ] || echo "$file: dead link '$target'"
      done
  done | none
}

check_manuals() {
  local pages
  pages=$(files '*.[1-8]' | grep '^man/') || { echo "no manuals"; return 1; }
  # shellcheck disable=SC2086  # our names have no spaces
  mandoc -T lint -W warning $pages
}

# --- what the binary says against what is written ---

check_sample_config() { generate config | same examples/maildrop.toml; }

check_settings_manual() { generate settings-man | same_block man/maildrop.toml.5; }

# same_block FILE: stdin stands in the file, line by line.
same_block() {
  /usr/bin/python3 -c '
import sys
wanted, have = sys.stdin.read(), open(sys.argv[1]).read()
if wanted.strip() and wanted in have:
    sys.exit(0)
lines = set(have.splitlines())
print(sys.argv[1] + ": does not hold what is generated; lines missing:")
print("\n".join([line for line in wanted.splitlines() if line not in lines][:20]) or "(none: the order differs, or nothing was generated)")
sys.exit(1)' "$1"
}

check_completions() {
  local status=0
  generate completion bash | same completions/maildrop.bash || status=1
  generate completion zsh | same completions/_maildrop || status=1
  generate completion fish | same completions/maildrop.fish || status=1
  bash -n completions/maildrop.bash || status=1
  return "$status"
}

# pages: each command and the page that tells it, `inbox man/maildrop-inbox.1`; maildrop itself first.
pages() {
  echo "maildrop man/maildrop.1"
  generate man maildrop commands | sed -n 's/^\.BR maildrop\\-\([^ ]*\) (\(.\))$/\1 \2/p' | sed 's/\\-/-/g' |
    while read -r command section; do echo "$command man/maildrop-$command.$section"; done
}

# NAME, SYNOPSIS and OPTIONS of each page are what the command line itself says.
check_manuals_tell_the_options() {
  local status=0 command page
  [ "$(pages | wc -l)" -gt 3 ] || { echo "no subcommands"; return 1; }
  generate man maildrop commands | same_block man/maildrop.1 || status=1
  while read -r command page; do
    generate man "$command" head | same_block "$page" || status=1
    generate man "$command" options | same_block "$page" || status=1
  done < <(pages)
  return "$status"
}

check_routes_manual() {
  local page
  page=$(grep -lF '/api/v3/mailboxes/{name}' man/*) || { echo "no page tells the routes"; return 1; }
  generate routes-man | same_block "$page"
}

# --help begins with examples, and names every option that the completions know.
check_help() {
  local command
  for command in $(pages | sed '1d; s/ .*//'); do
    "$binary" "$command" --help | grep -qE "^ +(.*=.* )?maildrop $command( |$)" || echo "maildrop $command --help: no example"
    "$binary" "$command" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u | while read -r option; do
      grep -qF -- "$option" completions/maildrop.bash || echo "maildrop $command --help: $option is not completed"
    done
  done | none
}

checks=(floors third_party_headers top_level first_lines every_source_has_a_test dialogs_name_their_attack coroutine_traps
  format shell_scripts python_compiles no_machine_paths plain_files links manuals)
asking=(sample_config settings_manual completions manuals_tell_the_options routes_manual help)

status=0
for check in "${checks[@]}" "${asking[@]}"; do
  if [ -z "$binary" ] && [[ " ${asking[*]} " == *" $check "* ]]; then
    echo "skip $check: no binary"
  elif output=$("check_$check" 2>&1); then
    echo "ok $check"
  else
    head -n 60 <<<"$output"
    echo "FAIL $check"
    status=1
  fi
done
exit "$status"

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

generate() { "$binary" generate "$@"; }

# --- structure ---

check_floors() { /usr/bin/python3 -B tests/tree/floors.py modules; }

# Files of a module are compiled several at a time, and with each new file others.
check_names() { /usr/bin/python3 -B tests/tree/names.py; }

check_third_party_headers() { /usr/bin/python3 -B tests/tree/floors.py third-party; }

# Mail that was stored cannot be read without the very dictionary it was compressed with.
check_dictionaries() {
  (cd lib/store/dictionary && sha256sum --quiet --check SHA256SUMS 2>&1 &&
    comm -3 <(printf '%s\n' *.zdict) <(awk '{ print $2 }' SHA256SUMS | sort)) | none
}

check_top_level() {
  local agreed=" CMakeLists.txt README.md LICENSE .clang-format .clang-tidy .editorconfig .gitignore .gitlab-ci.yml .ci
    cmd lib systemd man completions tests examples "
  find . -mindepth 1 -maxdepth 1 ! -name .git ! -name build ! -name 'build-*' -printf '%f\n' | while read -r name; do
    [[ $agreed =~ [[:space:]]"$name"[[:space:]] ]] || echo "$name is not an agreed name at the top"
  done | none
}

check_first_lines() {
  files '*.h' '*.cc' | while read -r file; do
    name=$(basename "$file")
    head -n 1 "$file" | grep -qE "^/// ${name%.*}(\\.${name##*.})?: .+" || echo "$file:1: does not begin with '/// $name: what it is.'"
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
    files '*' | xargs grep -nIE -m 1 '^#!.*\b(ba)?sh$' | sed -n 's/:1:#!.*//p'  # a manual page may show one further down
  } | sort -u | xargs shellcheck -x -P SCRIPTDIR
}

check_python_compiles() {
  files '*.py' | while read -r file; do
    /usr/bin/python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file" 2>&1 || echo "$file: does not compile"
  done | none
}

check_who_logs() { /usr/bin/python3 -B tests/tree/log_lines.py who; }

# Paths of a developer's machine, and hosts that packages come from, have no place in the tree.
check_no_machine_paths() {
  local paths='(^|[^A-Za-z0-9_.~-])/(wor[k]|roo[t]|hom[e]/[a-z]+)(/|$|["'"'"' ])'
  local hosts='registry\.(npmj[s]|yarnpk[g]|docke[r])|pyp[i]\.org|pythonhoste[d]|deb\.debia[n]|proxy\.golan[g]'
  files '*' | xargs grep -nIE "$paths|$hosts" | none
}

check_plain_files() {
  {
    files '*.h' '*.cc' '*.md' '*.sh' '*.py' '*.txt' '*.toml' '*.yml' | xargs grep -nIE '[[:space:]]+$|'$'\t' | sed 's/$/  <- tab or trailing space/'
    files '*.h' '*.cc' | xargs grep -nE '\b(TODO|FIXME)\b'
    files '*.h' '*.cc' | xargs wc -l |
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

# Every event that a daemon can log, with its fields.
check_log_is_told() { /usr/bin/python3 -B tests/tree/log_lines.py manual; }

check_manuals() {
  local pages
  pages=$(files '*.[1-8]' | grep '^man/') || { echo "no manuals"; return 1; }
  # shellcheck disable=SC2086  # our names have no spaces
  mandoc -T lint -W warning $pages
}

# maildrop(1) is where people begin: each other page is among those to see.
check_manual_sees_every_page() {
  local page name entry
  for page in man/*.[1-8]; do
    name=$(basename "${page%.*}")
    [ "$name" != maildrop ] || continue
    entry=".BR ${name//-/\\-} (${page##*.})"
    sed '1,/^\.SH SEE ALSO/d' man/maildrop.1 | grep -qxF -e "$entry" -e "$entry," || echo "man/maildrop.1: SEE ALSO lacks ${page#man/}"
  done | none
}

# --- what the binary says against what is written ---

# Completions, sample configuration, and the generated parts of manual pages.
check_generated() { tests/tree/generated.sh "$binary"; }

# pages: each command and the page that tells it, `inbox man/maildrop-inbox.1`; maildrop itself first.
pages() {
  echo "maildrop man/maildrop.1"
  generate man maildrop commands | sed -n 's/^\.BR maildrop\\-\([^ ]*\) (\(.\))$/\1 \2/p' | sed 's/\\-/-/g' |
    while read -r command section; do echo "$command man/maildrop-$command.$section"; done
}

# Each command has a page whose NAME, SYNOPSIS and OPTIONS are generated; each setting and route stands in one.
check_manuals_are_whole() {
  [ "$(pages | wc -l)" -gt 3 ] || { echo "no subcommands"; return 1; }
  {
    pages | while read -r command page; do echo "$page man $command head"; echo "$page man $command options"; done
    echo "man/maildrop.1 man maildrop commands"
    echo "man/maildrop.toml.5 settings-man"
    echo "man/maildrop-api.7 routes-man"
    echo "man/maildrop-admin.8 routes-man admin"
  } | while read -r page part; do
    grep -qxF ".\\\" generated: begin $part" "$page" || echo "$page: no part '.\\\" generated: begin $part'"
  done | none
}

check_completions_in_shells() { tests/tree/completions.sh; }

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

checks=(floors third_party_headers names top_level first_lines every_source_has_a_test dialogs_name_their_attack
  coroutine_traps format shell_scripts python_compiles who_logs no_machine_paths plain_files links log_is_told manuals
  manual_sees_every_page)
asking=(generated manuals_are_whole completions_in_shells help)

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

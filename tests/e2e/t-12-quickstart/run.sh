#!/usr/bin/env bash
# t-12-quickstart: examples/quickstart.sh in a copy of the tree, with what it prints done as it is printed.
. "$(dirname "$0")/../lib.sh"
needs dpkg-query python3 curl
# shellcheck source=../../packages.sh
. "$root/tests/packages.sh"
for package in "${build_packages[@]}"; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || { echo "skipped: no $package"; exit 77; }
done
mkdir "$E2E_WORK/tree"
(cd "$root" && tar -c --exclude=./build --exclude='./build-*' --exclude=./.git .) | tar -x -C "$E2E_WORK/tree"
run_python "$(dirname "$0")/test.py"

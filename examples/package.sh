#!/usr/bin/env bash
# From a bare Debian 12 to a package: installs what the build needs, builds, and puts maildropd_VERSION_ARCH.deb and its debug symbols
# into build-package/. Its output is the path of the package:  apt install "$(examples/package.sh)"
set -euo pipefail
root=$(cd "$(dirname "$(realpath "$0")")/.." && pwd)
build=${BUILD:-$root/build-package}
# shellcheck source=../tests/packages.sh
. "$root/tests/packages.sh"
install_packages "${build_packages[@]}" "${package_packages[@]}" >&2
# The time that all packed files have: that of the version, with git or without, so that the same sources make the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -d "$(sed -n 's/^ -- .*>  //p' "$root/systemd/package/changelog" | head -n 1)" +%s)}
export SOURCE_DATE_EPOCH
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DMAILDROP_PACKAGE=ON >/dev/null
cmake --build "$build" --target maildrop >&2
(umask 022 && cd "$build" && rm -f ./*.deb ./*.ddeb && cpack >/dev/null)
ls "$build"/maildropd_*.deb

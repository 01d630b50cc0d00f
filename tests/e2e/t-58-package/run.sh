#!/usr/bin/env bash
# t-58-package: the Debian package: made twice alike, installed, upgraded while mail flows, removed and purged, under a real systemd.
. "$(dirname "$0")/../lib.sh"
build=$(dirname "$E2E_BINARY")
grep -qs '^MAILDROP_PACKAGE:BOOL=ON' "$build/CMakeCache.txt" || { echo "skipped: no build for cpack (MAILDROP_PACKAGE)"; exit 77; }
needs cpack dpkg-deb dpkg-shlibdeps file objcopy

# package FOLDER: the package and its symbols, made in it.
package() {
  (umask 022 && cd "$build" && SOURCE_DATE_EPOCH=1790000000 cpack -B "$1" >"$1.log" 2>&1) || { cat "$1.log" >&2; return 1; }
}
package "$E2E_WORK/one"
package "$E2E_WORK/two"
for made in "$E2E_WORK/one"/*deb; do
  cmp "$made" "$E2E_WORK/two/${made##*/}" || { echo "  FAIL the same build makes the same package: ${made##*/}"; exit 1; }
done
echo "  ok   the same build makes the same packages"
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error "$E2E_WORK/one"/*deb || { echo "  FAIL lintian"; exit 1; }
  echo "  ok   lintian finds no error"
else
  echo "  skipped: no lintian"
fi

# The next version, with other bytes in the binary's place only by name: what an upgrade does is the scripts' work.
dpkg-deb -R "$E2E_WORK/one"/maildropd_*.deb "$E2E_WORK/tree"
sed -i 's/^Version: .*/&+next/' "$E2E_WORK/tree/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$E2E_WORK/tree" "$E2E_WORK/next.deb" >/dev/null

needs systemctl
in_testbed 120 "$(dirname "$0")/inside.py"

# shellcheck shell=bash disable=SC2034  # the lists are for whoever sources this
# packages.sh: the Debian 12 packages that building and testing need, and how they get there. Sourced.

build_packages=(g++ cmake ninja-build pkg-config libboost1.81-dev libspdlog-dev libtomlplusplus-dev libcli11-dev
  libexpected-dev nlohmann-json3-dev libsqlite3-dev libgmime-3.0-dev libgumbo-dev libidn2-dev libpsl-dev libsystemd-dev
  libcpp-httplib-dev libssl-dev libhiredis-dev libzstd-dev zlib1g-dev libunbound-dev libre2-dev
  liblua5.4-dev libloc-dev libmaxminddb-dev libarchive-dev)
package_packages=(dpkg-dev file binutils gzip)
lint_packages=(clang-format-14 shellcheck mandoc python3 perl)
test_packages=("${lint_packages[@]}" "${package_packages[@]}" catch2 clang-14 swaks postfix curl openssl ca-certificates util-linux iproute2
  zsh fish redis-server rbldnsd zstd bogofilter python3-dkim rspamd python3-milter python3-websockets chromium
  prometheus systemd dbus haproxy nginx-light lintian libloc-database p0f)

# install_packages NAME...: installs the missing ones by apt; as root, or by sudo.
install_packages() {
  local name missing=()
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "needs root or sudo to install: ${missing[*]}" >&2; return 1; }
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}"
  # Of postfix only smtp-source and smtp-sink are wanted: without a configuration its daemon never starts.
  [[ " ${missing[*]} " != *" postfix "* ]] ||
    echo "postfix postfix/main_mailer_type select No configuration" | "${as_root[@]}" debconf-set-selections
  # Of these only the programs are wanted: their servers, which nobody asked for, would run from now on, and from each boot.
  for name in prometheus nginx haproxy; do
    if [[ " ${missing[*]} " != *" $name"* ]] || [ -e "/etc/systemd/system/$name.service" ]; then continue; fi
    echo "masking $name.service: only its program is wanted"
    "${as_root[@]}" mkdir -p /etc/systemd/system
    "${as_root[@]}" ln -s /dev/null "/etc/systemd/system/$name.service"
  done
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0) out
  out=$("${apt[@]}" install --no-install-recommends --yes "${missing[@]}" 2>&1) && return 0
  out=$("${apt[@]}" update 2>&1 && "${apt[@]}" install --no-install-recommends --yes "${missing[@]}" 2>&1) && return 0
  printf '%s\n' "$out" >&2
  return 1
}

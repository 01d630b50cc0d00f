#!/usr/bin/env bash
# From a bare Debian 12 to a running maildrop: installs what the build needs, builds, and serves on loopback until Ctrl-C.
# Run it again and it starts in seconds. Mail is kept in ${XDG_STATE_HOME:-~/.local/state}/maildrop.
# MAILDROP_SMTP_LISTEN and MAILDROP_API_LISTEN, each IPV4:PORT, put it elsewhere.
set -euo pipefail
root=$(cd "$(dirname "$(realpath "$0")")/.." && pwd)
smtp=${MAILDROP_SMTP_LISTEN:-127.0.0.1:2525}
api=${MAILDROP_API_LISTEN:-127.0.0.1:8080}
state=${XDG_STATE_HOME:-$HOME/.local/state}/maildrop
maildrop=$root/build/maildrop

# shellcheck source=../tests/packages.sh
. "$root/tests/packages.sh"
install_packages "${build_packages[@]}"

# Always: it takes a second, mends what a configuration that failed has left, and makes any build/ a Release one.
generator=(-G Ninja)
if grep -qs '^CMAKE_GENERATOR:' "$root/build/CMakeCache.txt"; then generator=(); fi  # cmake does not change it
cmake -S "$root" -B "$root/build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$root/build" --target maildrop

for address in "$smtp" "$api"; do
  if (exec 3<>"/dev/tcp/${address/://}") 2>/dev/null; then
    echo "something listens on $address already: end it first (another quickstart?)" >&2
    exit 1
  fi
done

# Waits in the background until both answer, then says what to do; ends when the server does.
hints() {
  local server=$1 n
  for ((n = 0; n < 200; n++)); do
    kill -0 "$server" 2>/dev/null || return 0
    (exec 3<>"/dev/tcp/${api/://}") 2>/dev/null && break
    sleep 0.1
  done
  cat <<END

Send a first mail, in another terminal, in one of these ways:
END
  if command -v swaks >/dev/null; then
    echo "  swaks --server $smtp --to hello@example.org --header 'Subject: first mail'"
  fi
  if command -v curl >/dev/null; then
    cat <<END
  printf 'Subject: first mail\r\n\r\nIt works.\r\n' |
    curl smtp://$smtp --mail-from me@example.org --mail-rcpt hello@example.org -T -
END
  fi
  cat <<END
  python3 -c 'import smtplib; smtplib.SMTP("${smtp%:*}", ${smtp#*:}).sendmail("me@example.org", ["hello@example.org"], "Subject: first mail\n\nIt works.")'
and read it in one of these:
  $maildrop inbox hello --api http://$api
  $maildrop inbox hello latest --api http://$api
  curl http://$api/api/v3/mailboxes/hello
or in a browser, where it appears by itself: http://$api/inbox/hello
Mail for any domain is taken and lies in $state. Ctrl-C ends maildrop.

END
}

mkdir -p "$state"
(hints $$ &)  # a grandchild, so that none is left unreaped
exec env MAILDROP_SMTP_LISTEN="$smtp" MAILDROP_API_LISTEN="$api" MAILDROP_STORE_URL="sqlite:$state/mail.db" \
  MAILDROP_MAIL_DOMAINS='*' "$maildrop" serve

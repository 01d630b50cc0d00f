#!/usr/bin/env bash
# t-28-doctor: the manual's way to be told of problems once a day, run with a mail program that keeps what it gets.
. "$(dirname "$0")/../lib.sh"

# example N: the Nth example of the manual page, as it is on a screen.
example() {
  sed '1,/^\.SH EXAMPLES/d' "$root/man/maildrop-doctor.1" |
    awk -v n="$1" '/^\.EX/ { on = ++at == n; next } /^\.EE/ { on = 0 } on' |
    sed "s/\\\\-/-/g; s/\\\\e/\\\\/g; s/\\\\(aq/'/g"
}

# program NAME: standard input becomes the program NAME of our PATH.
program() {
  cat >"$E2E_WORK/$1"
  chmod +x "$E2E_WORK/$1"
}

# told: runs the example; what was mailed, arguments first. Nothing: no mail.
told() {
  rm -f "$E2E_WORK/mailed"
  MAILDROP_STORE_URL=sqlite:/dev/null/mail.db sh "$E2E_WORK/daily" >"$E2E_WORK/shown" 2>&1 || echo "status $?"
  cat "$E2E_WORK/shown"
  [ ! -e "$E2E_WORK/mailed" ] || cat "$E2E_WORK/mailed"
}

program mail <<'END'
#!/bin/sh
{ echo "mail: $*"; cat; } >"$E2E_WORK/mailed"
END
program hostname <<<'echo mx.example.org'
program runuser <<<'shift 3 && exec "$@"'  # -u USER --
example 2 >"$E2E_WORK/daily"
PATH="$E2E_WORK:$PATH"
status=0

ln -s "$E2E_BINARY" "$E2E_WORK/maildrop"
found=$(told)
if [[ $found == "mail: -s maildrop on mx.example.org operator@example.org"*error*store*"/dev/null"* && $found != *$'\n'ok* ]]; then
  echo "  ok   a problem is mailed, with what the doctor says of it"
else
  printf '  FAIL a problem is mailed, with what the doctor says of it:\n%s\n' "$found"
  status=1
fi

rm "$E2E_WORK/maildrop"
program maildrop <<<'exit 0'
found=$(told)
if [ -z "$found" ]; then
  echo "  ok   where all is well there is no mail"
else
  printf '  FAIL where all is well there is no mail:\n%s\n' "$found"
  status=1
fi
exit "$status"

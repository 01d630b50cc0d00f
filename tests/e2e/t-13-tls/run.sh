#!/usr/bin/env bash
# t-13-tls: STARTTLS and implicit TLS with real certificates, names, reloads, and handshakes that fail.
. "$(dirname "$0")/../lib.sh"
run_python "$(dirname "$0")/test.py"

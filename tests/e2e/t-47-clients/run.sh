#!/usr/bin/env bash
# t-47-clients: what others' clients do with mail that came by SMTP: Inbucket's client from npm, and its monitors over a
# WebSocket; and, where npm has none
# any more, what those of the hosted service and of the first one send.
. "$(dirname "$0")/../lib.sh"
needs node
node -e 'require("inbucket-js-client")' 2>/dev/null || { echo "skipped: no inbucket-js-client in NODE_PATH"; exit 77; }
/usr/bin/python3 -c "import websockets" 2>/dev/null || { echo "skipped: no python3-websockets"; exit 77; }
run_python "$(dirname "$0")/test.py"

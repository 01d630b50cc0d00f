#!/usr/bin/env bash
# Redis against SQLite: `maildrop serve-smtp` on a Redis with examples/redis.conf, synced always and each second, against
# itself on SQLite; smtp-load.sh with its environment and columns, and the CPU of Redis counted in.
#   redis.sh [BINARY]
. "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || { echo "needs redis-server" >&2; exit 1; }
pids=()
# shellcheck disable=SC2317  # called by the trap
end_all() { kill -TERM "${pids[@]}" 2>/dev/null; wait "${pids[@]}" 2>/dev/null; clean_up; }
trap end_all EXIT

PEERS=
port=$(/usr/bin/python3 -c 'import socket
taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[each.getsockname()[1] for each in taken])')
for fsync in always everysec; do
  folder=$work/$fsync
  mkdir "$folder"
  taskset -c "${SERVER_CPU:-0}" redis-server "$load/../../examples/redis.conf" --unixsocket "$folder/redis.sock" \
    --dir "$folder" --logfile "$folder/log" --appendfsync "$fsync" &
  redis=$!
  MAILDROP_STORE_URL=redis+unix://$folder/redis.sock MAILDROP_SMTP_LISTEN=127.0.0.1:${port%% *} \
    MAILDROP_MAIL_DOMAINS='*' MAILDROP_LOG_LEVEL=warning taskset -c "${SERVER_CPU:-0}" "$binary" serve-smtp &
  PEERS+=" redis-$fsync=${port%% *}:$!,$redis"
  pids+=("$redis" "$!")
  port=${port##* }
done
export PEERS
"$load/smtp-load.sh" "$binary"

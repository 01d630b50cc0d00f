#!/usr/bin/env bash
# What an empty and a full store cost, SQLite and a Redis with examples/redis.conf: tests/bench/scale_bench.cc. As it is,
# with a million messages of 3 KB, it takes 10 GB of disk, and for Redis 6 GB of memory.
#   scale.sh [SCALE_BENCH [OPTION...]]     STORES ("sqlite redis")
set -- "${1:-$(dirname "$0")/../../build/tests/bench/scale_bench}" "${@:2}"
. "$(dirname "$0")/lib.sh"
pids=()
# shellcheck disable=SC2317  # called by the trap
end_all() { kill -TERM "${pids[@]}" 2>/dev/null; wait "${pids[@]}" 2>/dev/null; clean_up; }
trap end_all EXIT

for store in ${STORES:-sqlite redis}; do
  folder=$work/$store
  mkdir "$folder"
  if [ "$store" = redis ]; then
    url=redis+unix://$folder/redis.sock
    redis-server "$load/../../examples/redis.conf" --unixsocket "$folder/redis.sock" --dir "$folder" \
      --logfile "$folder/log" --maxmemory 16gb &
    pids+=("$!")
    until [ -S "$folder/redis.sock" ]; do kill -0 "$!"; sleep 0.1; done
  else
    url=sqlite:$folder/maildrop.db
  fi
  printf '%s# %s\n' "${between-}" "$store"
  between=$'\n'
  "$binary" "$url" "${@:2}" &
  pids+=("$!")
  wait "$!"
  [ "$store" = redis ] || rm -r "$folder"
done

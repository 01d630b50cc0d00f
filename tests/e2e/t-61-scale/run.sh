#!/usr/bin/env bash
# t-61-scale: a balancer, two nodes that take mail, one that is read, and Redis with sentinels, each in a network namespace:
# under load a node is killed, comes back, and the Redis master is killed. Nothing that was acknowledged is lost.
# All namespaces belong to the test's own one, and are gone when its processes are.
. "$(dirname "$0")/../lib.sh"
needs haproxy redis-server ip unshare
# shellcheck disable=SC2016  # $1 is the inner shell's
inside='ip link set lo up && ip link add bridge type bridge && ip link set bridge up && exec "$@"'
for namespace in "unshare --net" "unshare --net --map-root-user"; do
  if $namespace sh -c "$inside" - true 2>/dev/null; then
    # shellcheck disable=SC2086  # two words or three
    $namespace sh -c "$inside" - "$python" "$(dirname "$0")/test.py" &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    exit "$status"
  fi
done
echo "skipped: no network namespaces with a bridge can be made here"
exit 77

#!/usr/bin/env bash
# t-61-scale: a balancer, two nodes that take mail, one that is read, and Redis with sentinels, each in a network namespace:
# under load a node is killed, comes back, and the Redis master is killed. Nothing that was acknowledged is lost.
# All namespaces belong to the test's own one, and are gone when its processes are.
. "$(dirname "$0")/../lib.sh"
needs haproxy redis-server ip ss unshare
in_namespace net 'ip link set lo up && ip link add bridge type bridge && ip link set bridge up' "$(dirname "$0")/test.py"

"""HTTP through a reverse proxy: whose name the log has, and who counts as one source."""
import socket

from e2e import WORK, Api, Daemon, check, finish, same

OF_CLIENT = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "Forwarded": "for=203.0.113.5"}
ELSEWHERE = {"Origin": "https://elsewhere.example"}  # a refusal, which the log has


def delete(daemon, headers):
    with Api(daemon.api) as api:
        return api.request("DELETE", "/api/v3/mailboxes/bob/latest", ELSEWHERE | headers)[0]


def connections(daemon, count):
    """How many of so many at once are answered."""
    host, port = daemon.api.rsplit(":", 1)
    open_ones = [socket.create_connection((host, int(port)), 20) for _ in range(count)]
    answered = 0
    for one in open_ones:
        one.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered += one.recv(1000).startswith(b"HTTP/1.1 200")
    for one in open_ones:
        one.close()
    return answered


FEW = {"api.connections_per_source": "2", "limits.exempt": ""}
with Daemon(FEW) as daemon:
    same("a page elsewhere may not delete", delete(daemon, OF_CLIENT), 403)
    check("who is no proxy of ours names nobody", daemon.wait_for(r"http_request .*peer=127\.0\.0\.1 .*status=403"), daemon.log())
    check("nor is there one in the log", "proxy=" not in daemon.log(), daemon.log())
    same("he is one source", connections(daemon, 5), 2)

with Daemon(FEW | {"api.proxies": "127.0.0.0/8, 10.0.0.0/8"}) as daemon:
    delete(daemon, OF_CLIENT)
    check("a proxy of ours is believed, and what its client wrote is not",
          daemon.wait_for(r"http_request .*peer=192\.0\.2\.7 proxy=127\.0\.0\.1 .*status=403"), daemon.log())
    delete(daemon, {"X-Forwarded-For": "192.0.2.8, 10.0.0.4"})
    check("through two of them", daemon.wait_for(r"peer=192\.0\.2\.8 proxy=127\.0\.0\.1"), daemon.log())
    same("its clients are no single source", connections(daemon, 5), 5)
    daemon.stop()

with Daemon({"api.proxies": "127.0.0.1", "api.proxy_field": "Forwarded"}) as daemon:
    delete(daemon, OF_CLIENT)
    check("by the standard's field, if it is that", daemon.wait_for(r"peer=203\.0\.113\.5 proxy=127\.0\.0\.1"), daemon.log())
    daemon.stop()

SOCKET = f"unix:{WORK}/api"
RATED = {"api.listen": SOCKET, "api.request_rate": "2", "limits.exempt": "", "api.hosts": "*"}


def asked(count, headers):
    """The statuses of so many requests over the unix socket."""
    with Api(SOCKET) as api:
        return [api.request("GET", "/api/v3/mailboxes/bob", headers)[0] for _ in range(count)]


with Daemon(RATED) as daemon:
    same("over a unix socket nobody is counted", asked(5, OF_CLIENT), [200] * 5)
    daemon.stop()
with Daemon(RATED | {"api.proxy_unix_sockets": "true"}) as daemon:
    same("but whom a proxy brings there", asked(3, OF_CLIENT), [200, 200, 429])
    same("each by himself", asked(2, {"X-Forwarded-For": "192.0.2.9"}), [200, 200])
    same("and not the proxy itself", asked(5, {}) + asked(3, {"X-Forwarded-For": "127.0.0.1"}), [200] * 8)
    daemon.stop()
finish()

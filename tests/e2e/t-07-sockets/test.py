"""Listeners of every kind, for SMTP and the API."""
import os
import signal
import socket
import stat

from e2e import BINARY, WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client, deliver

MESSAGE = b"Subject: socket\r\n\r\nbody\r\n"


def works(title, smtp, api_address, name):
    same(f"{title}: delivered", deliver(smtp, [f"{name}@example.test"], MESSAGE).code, 250)
    with Api(api_address) as api:
        same(f"{title}: read", len(api.messages(name)), 1)


def own_sockets():
    smtp_path, api_path = f"{WORK}/smtp.sock", f"{WORK}/api.sock"
    settings = {"smtp.listen": f"127.0.0.1:0,[::1]:0,unix:{smtp_path}", "api.listen": f"127.0.0.1:0,[::1]:0,unix:{api_path}"}
    with Daemon(settings) as daemon:
        smtp, api = daemon.addresses("smtp"), daemon.addresses("api")
        check("three listeners each", len(smtp) == 3 and len(api) == 3, (smtp, api))
        for title, prefix in (("IPv4", "127."), ("IPv6", "[::1]"), ("unix", "unix:")):
            pick = [next((a for a in found if a.startswith(prefix)), None) for found in (smtp, api)]
            if check(f"{title}: listening", all(pick), (smtp, api)):
                works(title, pick[0], pick[1], title.lower())
        status, out, _ = maildrop("doctor", settings={"smtp.listen": smtp[0], "api.listen": api[0], "smtp.hostname": "localhost"})
        check("a doctor beside it sees whose ports and whose store they are", status < 2 and out.count(b" is served by a maildrop") == 2
              and b" messages in " in out, (status, out))
        check("the unix socket is one", stat.S_ISSOCK(os.stat(smtp_path).st_mode))
        same("which its group may use", stat.S_IMODE(os.stat(api_path).st_mode), 0o660)
        with Api(api[0]) as client:
            headers = {"Host": "evil.example", "Origin": "http://evil.example"}
            same("a name that was pointed at loopback is not served", client.request("DELETE", "/v2/mailbox/unix/x", headers)[0], 421)
        with Api(daemon.addresses("api")[0]) as api:
            raw = api.only("unix")
            check("Received of a unix client says so without an address", raw and b"local" in raw.split(b"\r\n\r\n")[0], raw)
        daemon.kill()
    check("a socket left by kill -9 is still there", os.path.exists(smtp_path))
    with Daemon(settings) as daemon:
        works("a leftover unix socket is replaced", f"unix:{smtp_path}", f"unix:{api_path}", "leftover")
        other = {**settings, "store.url": f"sqlite:{WORK}/other.db", "api.listen": "127.0.0.1:0"}
        with Daemon(other, wait=False) as second:
            check("a socket that answers is not taken", second.wait(15) not in (None, 0), second.log())
            check("and the error names it", smtp_path in second.log(), second.log())
        works("the first one goes on", f"unix:{smtp_path}", f"unix:{api_path}", "still")
        daemon.stop()
    check("a clean end removes its unix sockets", not os.path.exists(smtp_path) and not os.path.exists(api_path))


def unix_peers_are_no_source():
    path = f"unix:{WORK}/many.sock"
    with Daemon({"smtp.listen": f"127.0.0.1:0,{path}", "limits.exempt": "192.0.2.1", "limits.connections_per_ipv4": 1}) as daemon:
        clients = [Client(path) for _ in range(3)]
        same("peers of a unix socket are not capped as one source", [c.banner.code for c in clients], [220] * 3)
        for client in clients:
            client.close()
        with Client(daemon.addresses("smtp")[0]) as client:
            same("and when they have gone there is room for others", client.banner.code, 220)
        same("the drain ends by itself", daemon.stop(), 0)
        check("and not by its limit", not daemon.wait_for("drain timed out", 0), daemon.log())


def port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        with Daemon({"smtp.listen": address}, wait=False) as daemon:
            check("a port in use: not started", daemon.wait(15) not in (None, 0), daemon.log())
            check("and the error names it", address in daemon.log(), daemon.log())


def inherited():
    """As systemd does: descriptors from 3 on, LISTEN_FDS, LISTEN_FDNAMES, and LISTEN_PID of the process itself."""
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2)]
    listeners.append(socket.create_server(("127.0.0.1", 0), backlog=128))
    addresses = ["127.0.0.1:%d" % s.getsockname()[1] for s in listeners]
    shell = ('exec 3<&%d 4<&%d 5<&%d; export LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=smtp:smtp:api; exec "$0" "$@"' %
             tuple(s.fileno() + 100 for s in listeners))

    def copies():
        for s in listeners:
            os.dup2(s.fileno(), s.fileno() + 100)

    settings = {"smtp.listen": "fd:smtp", "smtp.listen_tls": "fd:smtps?", "api.listen": "fd:api", "service.loops": 3}
    how = {"argv": ["/bin/bash", "-c", shell, BINARY], "preexec_fn": copies, "close_fds": False}
    with Daemon(settings, **how) as daemon:
        for address in addresses[:2]:
            works(f"inherited {address}", address, addresses[2], "inherited" + address.rsplit(":", 1)[1])
        with Api(addresses[2]) as api:
            evil = api.get("/v2/domain"), api.request("GET", "/v2/domain", {"Host": "evil.example"})
        same("an inherited socket of loopback is one", [evil[0][0] != 421, evil[1][0]], [True, 421])
        inode = "socket:[%d]" % os.fstat(listeners[0].fileno()).st_ino
        held = [os.readlink(fd.path) for fd in os.scandir(f"/proc/{daemon.pid}/fd")]
        same("loops that would have no socket share one", held.count(inode), 3 + 1)  # the other one is this test's
        same("end", daemon.stop(), 0)
    early = Client(addresses[0], banner=False)  # waits in the backlog that outlived the process
    with Daemon(settings, **how) as daemon:
        early.banner = early.reply()
        same("a client that came between two processes is served", early.banner.code, 220)
        early.close()
        daemon.signal(signal.SIGTERM)
        same("end", daemon.wait(), 0)
    with Daemon({"smtp.listen": "fd:nosuch"}, wait=False) as daemon:
        check("fd:NAME without such a socket: not started", daemon.wait(15) not in (None, 0), daemon.log())
        check("and the error names it", until(lambda: "nosuch" in daemon.log(), 2), daemon.log())


own_sockets()
unix_peers_are_no_source()
port_in_use()
inherited()
finish()

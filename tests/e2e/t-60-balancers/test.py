"""Balancers as the examples set them up: who comes through keeps his address, and a node that goes is noticed by nobody."""
import signal
import socket
import subprocess
import time

from e2e import WORK, Api, Daemon, check, end_with_parent, finish, same, until
from redis import DURABLE, Redis
from servers import Server, example
from smtp import Client, deliver

MESSAGE = b"Subject: balanced\r\n\r\nbody\r\n"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def from_address(source, target):
    """A client that connects from another address of this machine."""
    host, port = target.rsplit(":", 1)
    sock = socket.create_connection((host, int(port)), 10, source_address=(source, 0))
    client = Client.__new__(Client)
    client.sock, client.buffer = sock, b""
    client.banner = client.reply()
    return client


def haproxy(redis):
    node = {"store.url": redis.url, "proxy.networks": "127.0.0.1", "api.proxies": "127.0.0.1", "limits.exempt": ""}
    with Daemon(node) as one, Daemon(node) as two:
        smtp, http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        config = example("haproxy/haproxy.cfg", [(r"maxconn 20000", "maxconn 1000"), (r"bind :25\b", f"bind {smtp}"), (r"bind :80\b", f"bind {http}"),
                                                 (r"192\.0\.2\.11:25\b", one.smtp), (r"192\.0\.2\.12:25\b", two.smtp),
                                                 (r"192\.0\.2\.11:80\b", one.api), (r"192\.0\.2\.12:80\b", two.api)])
        with Server(["haproxy", "-db", "-f", config], smtp):
            with from_address("127.0.0.9", smtp) as client:
                same("SMTP through HAProxy", client.deliver(["via@example.test"], MESSAGE).code, 250)
            with Api(http) as api:
                raw = api.only("via")
                check("the client keeps his address", raw and b"[127.0.0.9]" in raw.split(b"\r\n\r\n")[0], raw)
            subprocess.run(["curl", "-s", "--interface", "127.0.0.9", "-X", "DELETE", "-H", "Origin: http://elsewhere.example",
                            f"http://{http}/api/v3/mailboxes/via/latest"], capture_output=True)
            told = r"http_request .*peer=127\.0\.0\.9 proxy=127\.0\.0\.1 "
            check("and over HTTP", until(lambda: one.wait_for(told, 0.1) or two.wait_for(told, 0.1)), one.log() + two.log())
            before = len(one.lines) + len(two.lines)
            time.sleep(2.2)  # some health checks
            same("health checks are no sessions", len(one.lines) + len(two.lines), before)
            refused = sent = 0
            for number in range(120):
                if number == 40:
                    one.signal(signal.SIGKILL)
                if number == 80:
                    two_log = len(two.lines)
                try:
                    code = deliver(smtp, [f"node{number}@example.test"], MESSAGE).code
                except OSError:
                    code = 0
                sent += code == 250
                refused += code != 250
                time.sleep(0.02)
            print(f"  a node killed among 120 connections: {sent} delivered, {refused} not")
            check("a node that is killed: those who come then get the other", refused <= 1, refused)
            check("which has them", len(two.lines) > two_log)
            with Api(http) as api:
                same("all of it is read", sum(len(api.messages(f"node{number}")) for number in range(120)), sent)


def nginx():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=mail.example.org", "-keyout", f"{WORK}/key.pem", "-out", f"{WORK}/cert.pem"], check=True, capture_output=True)
    with Daemon({"api.proxies": "127.0.0.1", "api.hosts": "mail.example.org", "limits.exempt": "", "store.url": "memory:"}) as daemon:
        port = free_port()
        site = example("nginx/maildrop.conf", [(r"listen 443 ", f"listen 127.0.0.1:{port} "), (r"    listen \[::\]:443 [^\n]*\n", ""),
                                               (r"/etc/letsencrypt/\S+/fullchain.pem", f"{WORK}/cert.pem"),
                                               (r"/etc/letsencrypt/\S+/privkey.pem", f"{WORK}/key.pem"),
                                               (r"http://127\.0\.0\.1:8080", f"http://{daemon.api}")])
        main = f"{WORK}/nginx.conf"
        with open(main, "w") as file:
            file.write(f"daemon off;\npid {WORK}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n" +
                       "".join(f"{kind}_temp_path {WORK}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) +
                       f"include {site};\n}}\n")
        with Server(["nginx", "-e", "stderr", "-p", WORK, "-c", main], f"127.0.0.1:{port}"):
            base = ["curl", "-sk", "--resolve", f"mail.example.org:{port}:127.0.0.1"]
            url = f"https://mail.example.org:{port}"
            same("delivered", deliver(daemon.smtp, ["tls@example.test"], MESSAGE).code, 250)
            page = subprocess.run(base + [f"{url}/inbox/tls"], capture_output=True).stdout
            check("a page through nginx", b"balanced" in page, page[:300])
            status = subprocess.run(base + ["-o", "/dev/null", "-w", "%{http_code}", f"{url}/metrics"], capture_output=True).stdout
            same("figures are not for everybody", status, b"404")
            subprocess.run(base + ["--interface", "127.0.0.9", "-X", "DELETE", "-H", "X-Forwarded-For: 203.0.113.9", "-H", "Origin: https://elsewhere.example",
                                   f"{url}/api/v3/mailboxes/tls/latest"], capture_output=True)
            check("who says he is another is not believed", daemon.wait_for(r"http_request .*peer=127\.0\.0\.9 proxy=127\.0\.0\.1 .*status=403"), daemon.log())
            with subprocess.Popen(base + ["-N", f"{url}/api/v3/mailboxes/news/events"], stdout=subprocess.PIPE, preexec_fn=end_with_parent) as stream:
                line = stream.stdout.readline()  # it has begun
                deliver(daemon.smtp, ["news@example.test"], MESSAGE)
                end = time.monotonic() + 10
                while b"balanced" not in line and time.monotonic() < end:
                    line = stream.stdout.readline()
                check("news come at once", b"balanced" in line, line)
                stream.terminate()
        daemon.stop()


with Redis(*DURABLE) as server:
    haproxy(server)
nginx()
finish()

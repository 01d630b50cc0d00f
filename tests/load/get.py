"""get.py BINARY FOLDER: see get.sh."""
import os
import re
import smtplib
import socket
import statistics
import subprocess
import sys
import urllib.request

from servers import Server, maildrop, when_it_listens

CLIENTS = min(int(os.environ.get("CLIENTS", "64")), 1000)
SECONDS = min(int(os.environ.get("SECONDS_EACH", "5")), 60)
ROUNDS = min(int(os.environ.get("ROUNDS", "3")), 50)
SERVER_CPU, CLIENT_CPU = int(os.environ.get("SERVER_CPU", "0")), int(os.environ.get("CLIENT_CPU", "1"))
PROMISED = 0.5
PATH = os.environ.get("GET_PATH", "/api/v3/mailboxes/box")


def nginx(folder, body):
    """One process that serves `body` at PATH."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    file = f"{folder}/html{PATH}"
    os.makedirs(os.path.dirname(file))
    with open(file, "wb") as out:
        out.write(body)
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{folder}/nginx.conf", "w", encoding="ascii") as out:
        out.write(f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx-errors.log;\n"
                  "events { worker_connections 4096; }\n"
                  f"http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; root {folder}/html;\n"
                  f"default_type application/json; open_file_cache max=10;\n{temporary}"
                  f"server {{ listen 127.0.0.1:{port}; }} }}\n")
    server = Server("nginx", ["nginx", "-p", folder, "-e", f"{folder}/nginx-errors.log", "-c", f"{folder}/nginx.conf"],
                    f"{folder}/nginx.log", None, SERVER_CPU)
    return when_it_listens(server, port)


def measure(server):
    """Requests a second, and for each second of the server's CPU."""
    before = server.cpu_us()
    done = subprocess.run(["taskset", "-c", str(CLIENT_CPU), "wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency",
                           f"http://127.0.0.1:{server.port}{PATH}"], capture_output=True, text=True, check=True).stdout
    used = (server.cpu_us() - before) / 1e6
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(f"{server.label}: {done}")
    requests, rate = int(re.search(r"(\d+) requests in", done)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])
    p99 = re.search(r"99%\s+(\S+)", done)[1]
    print(f"{server.label}\t{rate:.0f}\t{requests / used:.0f}\t{used / SECONDS:.2f}\t{p99}", flush=True)
    return requests / used


def main(binary, folder):
    store = {"store.url": f"sqlite:{folder}/mail.db"}
    with maildrop(binary, folder, settings=store) as writer:
        smtp = smtplib.SMTP("127.0.0.1", writer.port, "client.example.test")
        for number in range(10):
            smtp.sendmail("a@example.test", ["box@example.test"], f"Subject: mail {number}\r\n\r\nbody\r\n")
    without = {**store, "api.answer_cache": "0"}
    with maildrop(binary, folder, "serve-api", SERVER_CPU, store, "api") as ours, \
         maildrop(binary, folder, "serve-api", SERVER_CPU, without, "api") as anew:
        with urllib.request.urlopen(f"http://127.0.0.1:{ours.port}{PATH}") as answer:
            body = answer.read()
        with nginx(folder, body) as theirs:
            print(f"# {len(body)} bytes each")
            print("label\trequests_per_s\tper_cpu_second\tcpus\tp99", flush=True)
            anew.label += ", each made anew"
            found = {ours: [], anew: [], theirs: []}
            for _ in range(ROUNDS):
                for server in (ours, anew, theirs):
                    found[server].append(measure(server))
            own, made, other = (statistics.median(each) for each in found.values())
            print(f"# maildrop {own:.0f} for each second of CPU, nginx {other:.0f}, ratio {own / other:.2f}"
                  f" (>= {PROMISED}: {'yes' if own / other >= PROMISED else 'NO'});"
                  f" each answer made anew {made:.0f}, {made / other:.2f}")


main(*sys.argv[1:3])

"""Reports: every decision by every way, recipients as pseudonyms, places that fail, and what others block by."""
import hashlib
import hmac
import http.server
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading

from dns import wire
from e2e import WORK, Api, Daemon, check, end_with_parent, finish, maildrop, same, until
from judged import send
from redis import Redis
from smtp import Client

FILE = f"{WORK}/report.jsonl"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1", "xclient.networks": "127.0.0.0/8", "report.key": "a key",
            "filter.access.mode": "enforce", "filter.access.deny": "198.51.100.0/24,to:trap@", "filter.content.mode": "score"}
SETTINGS |= {f"filter.{name}.mode": "off" for name in (
    "reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "greylist",
    "verdict_cache", "early_talker", "rate")}


class Hook:
    """Keeps what it is sent; `status`: what it says."""

    def __init__(self):
        self.status, self.requests, self.connections = 200, [], 0
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.connections += 1
                if hook.status == 200:
                    hook.requests.append((dict(self.headers), body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/reports"

    def decisions(self):
        return [json.loads(line) for _, body in list(self.requests) for line in body.splitlines()]


def send_as(client, daemon, *recipients, **mail):
    return send(daemon, recipients, before=[f"XCLIENT ADDR={client}"], subject="about bob", **mail)


def in_file(path=FILE):
    try:
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except FileNotFoundError:
        return []


def metric(daemon, name, labels):
    with Api(daemon.api) as api:
        for line in api.get("/metrics")[2].decode().splitlines():
            if line.startswith(f"{name}{{{labels}}} "):
                return float(line.split()[-1])
    return None


def every_way():
    hook = Hook()
    with Redis() as redis:
        places = {"report.file": FILE, "report.redis": redis.url, "report.webhook": hook.url,
                  "report.webhook_private": "true", "report.webhook_secret": "secret"}
        with Daemon(SETTINGS | places) as server:
            same("mail is stored", send_as("192.0.2.1", server, "bob@example.test", "ann@example.test",
                                        sender="list-bob=example.test@example.org").code, 250)
            spam = b"<a href='http://Spam.Example/x'>\r\n" + GTUBE + b"\r\nsee https://other.example/ too\r\n"
            send_as("203.0.113.7", server, "bob@example.test", body=spam)
            same("a denied client is refused", send_as("198.51.100.9", server, "bob@example.test").code, 550)
            same("and so is who wants to relay", send_as("192.0.2.1", server, "bob@elsewhere.test").code, 550)
            check("all is in the file", until(lambda: len(in_file()) == 4), in_file())
            check("and in the stream", until(lambda: redis.ask("XLEN maildrop:reports").startswith(b":4")))
            check("and was sent", until(lambda: len(hook.decisions()) == 4), hook.requests)
            server.stop()
        decisions = in_file()
        same("by the webhook it is the same", hook.decisions(), decisions)
        text = open(FILE, encoding="utf-8").read()
        check("nobody learns whom it was for", "bob" not in text and "ann" not in text, text)
        stored, spam, denied, relay = decisions
        bob = hmac.new(b"a key", b"bob@example.test", hashlib.sha256).hexdigest()[:16]
        same("but that it was for the same one", [each["to"][0] for each in (stored, spam)], [bob, bob])
        same("what was stored", [stored[key] for key in ("of", "result", "code", "client", "helo")] + [len(stored["to"])],
             ["message", "stored", 250, "192.0.2.1", "mail.example.org", 2])
        same("the sender does not tell either", stored["from"], f"list-{bob}@example.org")
        same("what a filter did", [denied[key] for key in ("result", "client")], ["refused", "198.51.100.9"])
        check("and why", "198.51.100.0/24" in denied["why"], denied)
        same("what we do not do at all", [relay[key] for key in ("of", "result", "reason")],
             ["recipient", "refused", "relaying"])
        check("spam says why", any(each["filter"] == "content" for each in spam["findings"]), spam)
        same("and where it leads", sorted(spam["hosts"]), ["other.example", "spam.example"])
        fields, body = hook.requests[0]
        time, signature = (each.split("=", 1)[1] for each in fields["Maildrop-Signature"].split(","))
        same("the signature is true",
             hmac.new(b"secret", time.encode() + b"." + body, hashlib.sha256).hexdigest(), signature)
        same("which filter did it", [denied["by"], "by" in stored, "by" in relay], ["access", False, False])
        status, out, _ = maildrop("report", "filters", "--format=json", settings={"report.redis": redis.url})
        rows = {each["filter"]: each for each in map(json.loads, out.splitlines())}
        same("filters are ranked", (status, rows["access"]["refused"], next(iter(rows))), (0, 1, "access"))
        table = maildrop("report", "filters", FILE)[1].decode().splitlines()
        same("in a table", (table[0].split()[:3], table[1].split()[:3]),
             (["FILTER", "REFUSED", "DEFERRED"], ["access", "1", "0"]))
        same("or not at all", maildrop("report", "filters", "--since=1ms", FILE)[0], 1)
        status, out, _ = maildrop("report", "sources", "--format=json", settings={"report.redis": redis.url})
        same("the stream is read again",
             [json.loads(line)["source"] for line in out.splitlines()], ["203.0.113.7"])
        same("with success", status, 0)
        same("whom we do not want is nobody's spammer", [each.get("evidence") for each in (spam, denied)], [True, None])


def shadow():
    """Other rules look on: what they would have done is told everywhere, and done nowhere."""
    path, candidate, labels = f"{WORK}/shadow.jsonl", f"{WORK}/candidate.toml", f"{WORK}/labels.csv"

    def rules(reject):
        with open(candidate, "w", encoding="utf-8") as file:
            file.write(f"filter.reject = {reject}\nsmtp.hostname = 'not.there'\n")
            file.writelines(f"{key} = 'off'\n" for key, mode in SETTINGS.items() if mode == "off")

    rules(0)
    with Daemon(SETTINGS | {"report.file": path, "filter.shadow": candidate}) as server:
        def changes():
            status, out, _ = maildrop("report", "shadow", "--format=json", "--manifest", labels, path)
            return json.loads(out) if status == 0 else {}

        same("shadow: what it would do is not done", send_as("198.51.100.9", server, "bob@example.test").code, 550)
        send_as("192.0.2.1", server, "bob@example.test", body=GTUBE + b"\r\n")
        check("shadow: both are told", until(lambda: len(in_file(path)) == 2), in_file(path))
        denied, spam = in_file(path)
        same("shadow: of who was refused", (denied["result"], denied["shadow"]["fate"]), ("refused", "accepted"))
        same("shadow: of what was stored", (spam["result"], spam["shadow"]["fate"]), ("stored", "tagged"))
        rules(5)
        server.signal(signal.SIGHUP)
        check("shadow: it is read again", server.wait_for(r"\breloaded\b"), server.log())
        same("shadow: after a HUP it is another one, and its verdict still nobody's",
             send_as("192.0.2.2", server, "bob@example.test", body=GTUBE + b"\r\n").code, 250)
        check("shadow: which is told", until(lambda: len(in_file(path)) == 3), in_file(path))
        spam = in_file(path)[2]
        same("shadow: with its reason", spam["shadow"], spam["shadow"] | {"fate": "rejected", "by": "score"})
        with open(labels, "w", encoding="utf-8") as file:
            file.write(f"name,label\n{spam['id']},spam\n")
        told = changes()
        same("shadow: as one report", [told["compared"], told["changed"], [each["label"] for each in told["changes"]]],
             [3, 2, ["none", "spam"]])
        text = maildrop("report", "shadow", path)[1].decode()
        check("shadow: and on a screen", "2 of 3 decisions would be otherwise" in text and "tagged -> rejected" in text, text)
        same("shadow: and in numbers", metric(server, "maildrop_filter_shadow_total", 'fate="tagged",shadow="rejected"'), 1)
        why = maildrop("inbox", "bob", spam["id"], "--why", )[1].decode()
        check("shadow: and with the message", "By filter.shadow: rejected, score " in why, why)
        rules("'no number'")
        status, _, err = maildrop("config", "check", settings={"filter.shadow": candidate})
        check("shadow: a mistake in it is one of the configuration", status == 78 and "filter.reject" in err, err)


def refused_recipients():
    path = f"{WORK}/recipients.jsonl"
    with Daemon(SETTINGS | {"report.file": path}) as server:
        with Client(server.smtp) as one:
            for line in ("XCLIENT ADDR=192.0.2.1", "EHLO mail.example.org", "MAIL FROM:<a@example.org>",
                         "RCPT TO:<bob@example.test>", "RCPT TO:<trap@example.test>", "RCPT TO:<bob@elsewhere.test>"):
                one.cmd(line)
        check("each refusal is told", until(lambda: len(in_file(path)) == 2), in_file(path))
        server.stop()
    trap, relay = in_file(path)
    same("with what was found of that recipient", [(each["filter"], each["phase"], each["score"])
                                                   for each in trap["findings"]], [("access", "rcpt", 7)])
    same("and its score", (trap["of"], trap["by"], trap["score"]), ("recipient", "access", 7))
    same("of which the next one hears nothing", (relay.get("findings"), relay.get("score")), (None, 0))


def failing_places():
    hook, broken = Hook(), f"{WORK}/no/such/folder/report"
    hook.status = 503
    places = {"report.file": broken, "report.webhook": hook.url, "report.webhook_private": "true"}
    with Daemon(SETTINGS | places) as server:
        for _ in range(5):
            same("mail is stored all the same", send_as("192.0.2.1", server, "bob@example.test").code, 250)
        check("the log says it once", server.wait_for(r"reports are not taken place=webhook"), server.log())
        check("for each place", server.wait_for(r"reports are not taken place=file"), server.log())
        with Api(server.api) as api:
            ready = api.get("/readyz")
        same("it is no reason not to be ready", ready[0], 200)
        check("but it is told", b"reports are not taken by webhook: '127.0.0.1' answers 503" in ready[2], ready)
        same("and counted", metric(server, "maildrop_report_outage", 'place="webhook"'), 1)
        hook.status = 200
        os.makedirs(os.path.dirname(broken))
        check("nothing is lost of it", until(lambda: len(hook.decisions()) == 5 and len(in_file(broken)) == 5, 20))
        check("and the log says that, too", server.wait_for(r"reports are taken again place=webhook"), server.log())
        same("once", len([line for line in server.lines if "reports are not taken" in line]), 2)
        server.stop()


def bounded_file():
    path = f"{WORK}/small/report.jsonl"
    os.makedirs(os.path.dirname(path))
    with Daemon(SETTINGS | {"report.file": path, "report.file_size": "64KiB", "report.files": "3"}) as server:
        with Client(server.smtp) as one:
            one.cmd("EHLO mail.example.org")
            one.cmd("MAIL FROM:<a@example.org>")
            for _ in range(40):  # in one write, so that they are not errors in a row with a pause each
                one.send(b"RCPT TO:<b@elsewhere.test>\r\n" * 20)
                if [one.reply().code for _ in range(20)][-1] == 421:
                    break
        for i in range(700):
            if i % 100 == 0:
                client = Client(server.smtp)
                client.cmd("EHLO mail.example.org")
            client.cmd("MAIL FROM:<a@example.org>")
            client.cmd("RCPT TO:<b@example.test>")
            client.cmd("DATA")
            client.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
            client.reply()
        check("a file that is full is moved aside", until(lambda: os.path.exists(path + ".2")))
        server.stop()
    same("and the oldest goes", sorted(os.listdir(os.path.dirname(path))),
         ["report.jsonl", "report.jsonl.1", "report.jsonl.2"])
    check("so that all have a bound", all(os.path.getsize(f"{os.path.dirname(path)}/{each}") < 128 * 1024
                                          for each in os.listdir(os.path.dirname(path))))


def wrong_settings():
    for key, value, wanted in (("report.webhook", "ftp://x/", "https://HOST"),
                               ("report.webhook", "https://user:pw@x/", "https://HOST"),
                               ("report.redis", "nowhere", "report.redis: write redis://HOST")):
        status, _, err = maildrop("config", "check", settings={key: value})
        check(f"{key} = {value} is told", status == 78 and wanted in err, err)
    for key, value in (("filter.place.networks", "nonsense"), ("filter.place.files", f"{WORK}/none.mmdb"),
                       ("filter.http.url", "nowhere")):
        status, _, err = maildrop("config", "check", settings={key: value})
        check(f"{key} = {value} is told, too", status == 78 and "filter." in err, err)
    status, _, err = maildrop("report", "sources")
    check("without reports it says where there could be some", status == 64 and "report.file" in err, err)
    status, _, err = maildrop("report", "sources", f"{WORK}/none")
    check("and what is not there", status == 66 and "there is no file" in err, err)
    status, _, err = maildrop("report", "sources", "-", stdin=b"no\nsense\n")
    check("and what is none", status == 65 and "2 of 2 lines are no decisions" in err, err)
    status, _, err = maildrop("report", "sources", "-", stdin=b"x" * (2 << 20) + b"\n")
    check("and what is too long to be one", status == 65 and "1 of 1 lines are no decisions" in err, err)


def ask(port, name, kind=1):
    """The addresses that a server says, or its code."""
    question = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + wire(name) + struct.pack(">HH", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(question, ("127.0.0.1", port))
        try:
            answer = sock.recv(4096)
        except (socket.timeout, ConnectionRefusedError):
            return None
    count = struct.unpack(">H", answer[6:8])[0]
    return [socket.inet_ntoa(answer[-4:])] if kind == 1 and count == 1 else answer[3] & 15


def zones():
    status, out, err = maildrop("report", "sources", "--format=csv", "--threshold=0.5", FILE)
    same("a table for others has those who sent spam", [line.split(b",")[0] for line in out.splitlines()[1:]],
         [b"203.0.113.7"])
    same("and no more than a threshold lets", maildrop("report", "sources", "--threshold=2", FILE)[0], 1)
    same("nor what is too old", maildrop("report", "sources", "--since=1ms", FILE)[0], 1)
    by_network = maildrop("report", "sources", "--by=network", FILE)[1].decode()
    check("networks are ranked, too", "203.0.113.0/24" in by_network, by_network)
    status, _, err = maildrop("report", "sources", "--format=rbldnsd", "-o", f"{WORK}/spam.zone", FILE)
    same("a zone is written", (status, err), (0, ""))
    status, _, err = maildrop("report", "hosts", "--by=domain", "--format=rbldnsd", "-o", f"{WORK}/hosts.zone", FILE)
    same("and one of hosts", (status, err), (0, ""))
    with open(f"{WORK}/spam.zone", "a", encoding="ascii") as zone:
        zone.write("2001:db8:7::/64\n")  # as a /64 is written: none of our clients has IPv6
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.chmod(WORK, 0o755)
    rbldnsd = subprocess.Popen([shutil.which("rbldnsd"), "-n", "-b", f"127.0.0.1/{port}", "-w", WORK,
                                *(["-u", "nobody"] if os.getuid() == 0 else []),
                                "bl.test:combined:spam.zone", "uri.test:combined:hosts.zone"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=end_with_parent)
    try:
        if not check("a real rbldnsd serves them", until(lambda: ask(port, "2.0.0.127.bl.test") or rbldnsd.poll())):
            return
        for name in ("2.0.0.127.bl.test", "7.113.0.203.bl.test", "spam.example.uri.test",
                     "www.spam.example.uri.test", "test.uri.test",
                     ".".join(reversed("20010db8000700000000000000000001")) + ".bl.test"):
            same(f"{name} is listed", ask(port, name), ["127.0.0.2"])
        for name in ("1.2.0.192.bl.test", "9.100.51.198.bl.test", "1.0.0.127.bl.test", "example.uri.test", "invalid.uri.test"):
            same(f"{name} is not", ask(port, name), 3)
    finally:
        rbldnsd.kill()
        print(rbldnsd.communicate()[1].decode()[-300:]) if rbldnsd.returncode not in (None, -9) else rbldnsd.wait()


every_way()
shadow()
zones()
refused_recipients()
failing_places()
bounded_file()
wrong_settings()
finish()

"""What operators see and do, and that nobody else does."""
import json
import os
import re
import signal
import socket
import stat
import subprocess

from e2e import BINARY, WORK, Api, Daemon, check, environment, finish, same, until
from smtp import deliver

TOKEN = "0123456789abcdef0123456789abcdef"
SOCKET = f"{WORK}/admin.sock"
ADMIN = "/admin/v1"


class Admin(Api):
    """The listener of operators."""

    def ask(self, method, path, body=None, token=None):
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        self.http.request(method, ADMIN + path, body=json.dumps(body) if body is not None else None, headers=fields)
        response = self.http.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith(b"{") else text


def mail(daemon, to):
    return deliver(daemon.smtp, [f"{to}@example.test"], b"Subject: news\r\n\r\nbody\r\n").code


def routes():
    """Of the table: (method, path) with something in the place of what varies."""
    text = subprocess.run([BINARY, "generate", "routes-man", "admin"], capture_output=True, text=True, check=True).stdout
    return [(method, re.sub(r"\{\w+\}", "1", path)) for method, path in re.findall(r"fB(\w+)\\fR \\fB(\S+)\\fR", text)]


class Decisions:
    """The stream of decisions, as lines."""

    def __init__(self, query=""):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(SOCKET)
        self.socket.sendall(f"GET {ADMIN}/decisions{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.got = b""
        self.until(b"from now on\n\n")

    def until(self, what):
        while what not in self.got:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"the stream ended before {what}: {self.got}")
            self.got += more
        taken, _, self.got = self.got.partition(what)
        return taken.decode()

    def rest(self):
        while more := self.socket.recv(65536):
            self.got += more
        return self.got

    def next(self):
        while True:
            found = re.search(r"^data: (.*)$", self.until(b"\n\n"), re.M)
            if found:
                return json.loads(found[1])


def watchers(daemon):
    with Api(daemon.api) as api:
        return int(re.search(rb"\nmaildrop_http_watchers (\d+)", api.get("/metrics")[2])[1])


def by_socket():
    daemon = Daemon({"admin.listen": f"unix:{SOCKET}", "report.webhook_secret": "hunter2",
                     "filter.headers.mode": "enforce", "store.url": f"sqlite:{WORK}/one.db"})
    same("the socket is its user's alone", stat.S_IMODE(os.stat(SOCKET).st_mode), 0o600)
    table = routes()
    check("there are routes", len(table) > 20, len(table))
    with Api(daemon.api) as api:
        found = {api.request(method, path)[0] for method, path in table + [("GET", "/admin"), ("POST", ADMIN + "/nothing")]}
    same("the public listener knows none of them", found, {404})
    with Admin(f"unix:{SOCKET}") as admin:
        same("nor this one of the public ones'",
             {admin.request("GET", path)[0] for path in ("/v2/mailbox/bob", "/api/v3/status", "/livez", "/metrics")}, {404})
        same("a page from elsewhere is refused", admin.request("GET", ADMIN + "/status", {"Origin": "http://x.example"})[0], 403)
        same("and another name", admin.request("GET", ADMIN + "/status", {"Host": "x.example"})[0], 421)

        stream, refused = Decisions(), Decisions("?result=refused")
        check("somebody watches", until(lambda: watchers(daemon) == 2))
        same("mail comes", [mail(daemon, "postmaster"), mail(daemon, "bob"), mail(daemon, "bob")], [250] * 3)
        told = stream.next()
        same("it is told as it comes", (told["schema"], told["of"], told["result"]), ("maildrop.decision/1", "message", "stored"))
        check("without its recipient", "postmaster" not in json.dumps(told), told)
        elsewhere = deliver(daemon.smtp, ["bob@elsewhere.example"], b"Subject: x\r\n\r\n")
        same("what is refused is told to who asked for that", (elsewhere.code, refused.next()["result"]), (550, "refused"))
        for each in (stream, refused):
            each.socket.close()
        check("nobody watches", until(lambda: watchers(daemon) == 0))

        status, found = admin.ask("GET", "/inboxes?order=messages")
        same("inboxes", (status, [(each["inbox"], each["messages"], each["reserved"]) for each in found["inboxes"]]),
             (200, [("bob", 2, False), ("postmaster", 1, True)]))
        message = admin.ask("GET", "/inboxes/postmaster")[1]["messages"][0]
        status, raw = admin.ask("GET", f"/inboxes/postmaster/{message['id']}/raw")
        check("a reserved one is read", status == 200 and raw.endswith(b"\r\n\r\nbody\r\n"), raw)
        with Api(daemon.api) as api:
            same("but not in public", api.get("/api/v3/mailboxes/postmaster")[0], 403)

        same("who sends", [each["source"] for each in admin.ask("GET", "/sources")[1]["store"]], ["127.0.0.0/24"])
        same("nothing is known of him", admin.ask("GET", "/sources/192.0.2.1")[1]["known"], [])
        filters = {each["filter"]: each for each in admin.ask("GET", "/filters")[1]["filters"]}
        same("a filter's mode", filters["headers"]["mode"], "enforce")
        status, config = admin.ask("GET", "/config")
        settings = {each["key"]: each for each in config["settings"]}
        same("a setting and its origin", (settings["admin.listen"]["value"], settings["admin.listen"]["origin"]),
             ([f"unix:{SOCKET}"], "MAILDROP_ADMIN_LISTEN"))
        check("no secrets", "hunter2" not in json.dumps(config))
        shown = subprocess.run([BINARY, "config", "show", "--json"], env=environment({"mail.domains": "example.test"}),
                               capture_output=True, text=True, check=True).stdout
        same("as the command shows them", next(json.loads(line) for line in shown.splitlines() if '"mail.domains"' in line),
             settings["mail.domains"])
        same("it is ready", (admin.ask("GET", "/status")[1]["impaired"], admin.ask("GET", "/readyz")), ([], (200, b"ok\n")))
        check("figures", b"\nmaildrop_smtp_messages_total" in admin.ask("GET", "/metrics")[1])

        same("a wish with a slip of the pen", admin.ask("POST", "/purge", {"inbox": ["bob"]})[0], 400)
        status, report = admin.ask("POST", "/purge", {"inboxes": ["bob"], "dry_run": True})
        same("what would go", (status, report["state"], report["counted"]["messages"]), (200, "done", 2))
        status, report = admin.ask("POST", "/purge", {"inboxes": ["bob"]})
        same("what goes", (status, report["removed"]["messages"], report["scrubbed"]), (200, 2, True))
        same("is gone", [each["inbox"] for each in admin.ask("GET", "/inboxes")[1]["inboxes"]], ["postmaster"])
    check("the log tells that somebody purged", daemon.wait_for(r"\bhttp_request\b.*\bmethod=POST\b.*\broute=/admin/v1/purge\b"))
    stream = Decisions()
    daemon.stop()
    same("a stream ends with the daemon", stream.rest(), b"")
    check("the socket goes with it", not os.path.exists(SOCKET))


def by_port():
    settings = {"admin.listen": "127.0.0.1:0", "store.url": f"sqlite:{WORK}/two.db"}
    refused = Daemon(settings, wait=False)
    same("a port without a token is no configuration", refused.wait(), 78)
    check("and it says why", "needs admin.token" in refused.log(), refused.log())
    everywhere = Daemon(settings | {"admin.listen": "0.0.0.0:0", "admin.token": TOKEN}, wait=False)
    same("nor is one for everybody", everywhere.wait(), 78)
    check("which is said, too", "can be reached from elsewhere" in everywhere.log(), everywhere.log())

    with open(f"{WORK}/token", "w", encoding="ascii") as file:
        file.write(TOKEN + "\n")
    smtp = Daemon(settings, ("serve-smtp",), env={"MAILDROP_ADMIN_TOKEN_FILE": f"{WORK}/token"})
    with Admin(smtp.addresses("admin")[0]) as admin:
        for token in (None, TOKEN[1:], TOKEN + "0", "x" * 32):
            status, fields, _ = admin.request("GET", ADMIN + "/status", {"Authorization": f"Bearer {token}"} if token else {})
            same(f"401 for {token}", (status, fields.get("www-authenticate")), (401, 'Bearer realm="maildrop"'))
        same("mail", mail(smtp, "hostmaster"), 250)
        same("served beside SMTP", admin.ask("GET", "/status", token=TOKEN)[1]["store"]["messages"], 1)
        reader = Daemon(settings | {"admin.token": TOKEN, "api.metrics": "nobody"}, ("serve-api",))
        with Admin(reader.addresses("admin")[0]) as other:
            same("and beside HTTP", other.ask("GET", "/inboxes", token=TOKEN)[1]["inboxes"][0]["inbox"], "hostmaster")
            same("which decides nothing", other.ask("GET", "/decisions", token=TOKEN)[0], 404)
            same("a reader's purge goes through the writer",
                 other.ask("POST", "/purge", {"all": True}, token=TOKEN)[1]["removed"]["messages"], 1)
            same("figures are for operators alone", other.ask("GET", "/metrics", token=TOKEN)[0], 200)
        with Api(reader.api) as api:
            same("where that is set", api.get("/metrics")[0], 404)
        same("all is gone", admin.ask("GET", "/inboxes", token=TOKEN)[1]["inboxes"], [])
        reader.stop()
        other = TOKEN[::-1]
        with open(f"{WORK}/token", "w", encoding="ascii") as file:
            file.write(other)
        smtp.signal(signal.SIGHUP)
        check("a reload", smtp.wait_for(r"\breloaded\b"))
        same("takes another token", [admin.ask("GET", "/livez", token=each)[0] for each in (TOKEN, other)], [401, 200])
        where = {"smtp.listen": smtp.smtp, "admin.listen": smtp.addresses("admin")[0], "service.takeover": "true"}
    upgraded = Daemon(settings | where | {"admin.token": TOKEN}, ("serve-smtp",))
    same("an upgrade takes the listener over", (smtp.wait(), upgraded.addresses("admin")), (0, [where["admin.listen"]]))
    with Admin(where["admin.listen"]) as admin:
        same("and serves", admin.ask("GET", "/status", token=TOKEN)[0], 200)
    upgraded.stop()


by_socket()
by_port()
finish()

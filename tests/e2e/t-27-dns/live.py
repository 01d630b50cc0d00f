"""maildrop dns --api: what the filters of a server know, how old it is, and whom it is told."""
import concurrent.futures
import json

from dns import Dns
from e2e import Api, Daemon, check, finish, maildrop, same, until
from judged import send


class Turning(Dns):
    """One that says something else each time it is asked for turn.example."""

    def reply(self, query):
        self.zone[("turn.example", "A")] = [f"192.0.2.{1 + len(self.asked) % 200}"]
        return super().reply(query)


server = Turning({("mail.example", "A"): ["192.0.2.9", "192.0.2.1"], ("seen.example", "MX"): ["10 mail.example"],
                  ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.example"], ("old.example", "A"): ["192.0.2.3"],
                  ("evil.example", "TXT"): [b"\x1b[31m"], ("silent.example", "A"): None})
SETTINGS = {"dns.servers": server.address, "dns.timeout": "1s", "service.loops": 2, "api.dns": "true", "api.workers": "3"}


def ask(daemon, *args, host=None):
    status, out, err = maildrop("dns", *args, "--api", f"http://{host or daemon.api}")
    return status, out.decode(), err


def asked(name):
    return sum(each == name for each, _ in server.asked)


with Daemon(SETTINGS) as daemon, Api(daemon.api) as api:
    first = api.json("/dns/Mail.Example./a")
    same("what no loop knew comes from servers", first,
         {"schema": "maildrop.dns/1", "name": "mail.example", "type": "A", "status": "found",
          "records": ["192.0.2.1", "192.0.2.9"], "source": "servers", "age": 0, "ttl": 300, "loops": 2, "others": []})
    older = until(lambda: (lambda now: now["age"] >= 2 and now)(api.json("/dns/mail.example/A")))
    check("then from caches, older and older", older and older["source"] == "cache" and older["ttl"] < 300, older)
    same("each loop has asked once", asked("mail.example"), 2)
    status, out, err = ask(daemon, "mail.example")
    same("the command shows the same", (status, out), (0, "192.0.2.1\n192.0.2.9\n"))
    check("and how old it is", "mail.example A: from the server's cache, " in err and "s old, in " in err and ", good for 4m" in err, err)
    shown = json.loads(ask(daemon, "mail.example", "--json")[1])
    check("as JSON, too", shown["source"] == "cache" and shown["age"] >= 2 and shown["milliseconds"] >= 0, shown)
    status, out, err = ask(daemon, "192.0.2.1")
    same("an address has a name", (status, out), (0, "mail.example\n"))
    check("which nobody had asked for", "PTR: not in the server's cache until now, in " in err, err)
    status, out, err = ask(daemon, "none.example")
    check("no such name is status 1", (status, out) == (1, "") and "no such name, " in err, (status, err))
    same("text is quoted", ask(daemon, "evil.example", "txt")[:2], (0, '"\\027[31m"\n'))
    status, out, err = ask(daemon, "silent.example")
    check("no answer is status 75", (status, out) == (75, "") and "silent.example A: no answer in time" in err, (status, err))

    both = api.json("/dns/turn.example/A")
    check("what loops say otherwise is told", both["loops"] == 1 and len(both["others"]) == 1 and both["others"][0]["loops"] == 1
          and both["records"] != both["others"][0]["records"], both)
    err = ask(daemon, "turn.example")[2]
    check("by the command, too", f"otherwise in 1 loop: {api.json('/dns/turn.example/A')['others'][0]['records'][0]}, from the server's cache, " in err, err)

    unknown = api.get("/nothing")[::2]
    for field in ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"):
        same(f"a proxy's client is not told: {field}", api.request("GET", "/dns/mail.example/A", {field: "192.0.2.1"})[::2], unknown)
    same("nor a page elsewhere", api.request("GET", "/dns/mail.example/A", {"Sec-Fetch-Site": "cross-site"})[::2], unknown)
    same("what is no question", [api.get(f"/dns/{path}")[0] for path in ("a..b/A", "mail.example/ANY", "mail.example")], [400, 400, 404])

    server.ttl = 1
    check("known for a second", ask(daemon, "old.example")[0] == 0)
    server.silent = True
    stale = until(lambda: (lambda now: now.get("source") == "stale" and now)(api.json("/dns/old.example/A")))
    check("what has expired is told, and how old it is", stale and stale["age"] >= 1 and stale["ttl"] == 0
          and stale["records"] == ["192.0.2.3"], stale)
    err = ask(daemon, "old.example")[2]
    check("by the command, too", "s old, expired, as servers do not answer, in " in err, err)

    with concurrent.futures.ThreadPoolExecutor() as threads:
        count = asked("last.example")
        waiting = threads.submit(lambda: api.json("/dns/last.example/A"))
        check("somebody waits for an answer", until(lambda: asked("last.example") > count))
        with Api(daemon.api) as other:
            same("and nobody else does", other.get("/dns/last.example/A")[0], 503)
        same("a server that ends meanwhile does so", daemon.stop(), 0)
        same("and tells who waits", waiting.result()["status"], "timed_out")
server.silent, server.ttl = False, 300

with Daemon({**SETTINGS, "service.loops": 1, "xclient.networks": "127.0.0.1", "dns.timeout": "20s", "api.answer_timeout": "2s"}) as daemon, Api(daemon.api) as api:
    same("mail is taken", send(daemon, sender="a@seen.example", before=("XCLIENT ADDR=192.0.2.9",)).code, 250)
    count = asked("seen.example")
    check("a filter has asked of its sender", count > 0)
    found = api.json("/dns/seen.example/MX")
    same("that is what is told", (found["source"], found["records"], "age" in found), ("cache", ["10 mail.example"], True))
    same("and not asked again", asked("seen.example"), count)
    silent = api.json("/dns/silent.example/A")
    check("who asks is answered in time, however long a filter would wait", silent and silent["status"] == "timed_out", silent)

with Daemon(SETTINGS | {"api.dns": "false"}) as daemon, Api(daemon.api) as api:
    same("as shipped there is no such path", api.get("/dns/mail.example/A")[::2], api.get("/nothing")[::2])
with Daemon(SETTINGS, command=("serve-api",)) as daemon, Api(daemon.api) as api:
    same("without filters there is no such path", api.get("/dns/mail.example/A")[::2], api.get("/nothing")[::2])
    status, out, err = ask(daemon, "mail.example")
    check("which the command tells", (status, out) == (66, "") and f"the server at '{daemon.api}' tells nothing of the DNS" in err, (status, err))
status, out, err = ask(None, "mail.example", host="127.0.0.1:1")
check("where no server is, it says so", (status, out) == (69, "") and "cannot reach '127.0.0.1:1': no connection" in err, (status, err))
status, _, err = ask(None, "mail.example", "--set", "dns.timeout=1s", host="127.0.0.1:1")
check("settings are for the resolver inside", status == 64 and "one of them" in err, (status, err))
finish()

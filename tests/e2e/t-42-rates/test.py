"""HTTP clients that ask too much: of one process, of two on one store, and where the ledger cannot be written."""
import json
import os
import re
import time
import urllib.parse

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client

BOB = "/api/v3/mailboxes/bob"
BASE = {"limits.exempt": "", "api.proxies": "127.0.0.0/8"}


def ask(daemon, client, path=BOB):
    """The status, fields and body of the answer to a client behind a proxy."""
    with Api(daemon.api) as api:
        return api.request("GET", path, {"X-Forwarded-For": client})


def granted(daemon, clients, path=BOB):
    """How many requests are not refused, of one from each of `clients`, and how many minutes they took."""
    begun, count = time.monotonic(), 0
    with Api(daemon.api) as api:
        for client in clients:
            count += api.request("GET", path, {"X-Forwarded-For": client})[0] == 200
    return count, (time.monotonic() - begun) / 60


def check_rate(name, found, rate):
    """A minute's worth, and what came back meanwhile, was granted."""
    count, minutes = found
    check(name, rate <= count <= rate + minutes * rate + 1, found)


def refused(daemon, client, path=BOB):
    """The fields and body of a refusal; None if a few in a row are granted, more than come back meanwhile."""
    for _ in range(5):
        status, fields, body = ask(daemon, client, path)
        if status == 429:
            return fields, body
    return None


def limited(daemon, of):
    with Api(daemon.api) as api:
        text = api.get("/metrics")[2].decode()
    return int(re.search(rf'^maildrop_http_rate_limited_total{{of="{of}"}} (\d+)', text, re.M).group(1))


# 12 a minute: one more every five seconds.
with Daemon(BASE | {"api.request_rate": "12", "api.inbox_rate": "0"}) as daemon:
    with Client(daemon.smtp) as client:
        same("mail comes", client.deliver(["bob@example.test"], b"Subject: hi\r\n\r\nhello\r\n").code, 250)
    status, fields, _ = ask(daemon, "192.0.2.9")
    same("who asks now and then is served", status, 200)
    same("and hears how much he may", (fields["ratelimit-policy"], fields["ratelimit"]),
         ('"client";q=12;w=60', '"client";r=11;t=5'))
    check_rate("who hammers has a minute's worth", granted(daemon, ["192.0.2.1"] * 200), 12)
    fields, body = refused(daemon, "192.0.2.1")
    same("a refusal is a problem", (fields["content-type"], json.loads(body)["status"]), ("application/problem+json", 429))
    check("it says when to come again", 1 <= int(fields["retry-after"]) <= 5, fields)
    same("so does its other field", fields["ratelimit"], f'"client";r=0;t={fields["retry-after"]}')
    same("version 2 has the words that its pages look for", refused(daemon, "192.0.2.1", "/v2/mailbox/bob")[1],
         b'{"error":"rate limited"}\n')
    same("another one behind the same proxy is served", ask(daemon, "192.0.2.2")[0], 200)
    check_rate("a /64 has one bucket", granted(daemon, [f"2001:db8::{i:x}" for i in range(1, 100)]), 12)
    same("the next /64 has another", ask(daemon, "2001:db8:0:1::1")[0], 200)
    same("health is no matter of rates", granted(daemon, ["192.0.2.1"] * 50, "/readyz")[0], 50)
    time.sleep(int(refused(daemon, "192.0.2.1")[0]["retry-after"]))
    same("after Retry-After he is served again", ask(daemon, "192.0.2.1")[0], 200)
    check("the figures tell", limited(daemon, "client") > 150, limited(daemon, "client"))
    check("the log tells of the first", daemon.wait_for(r"http_rate_limited peer=192\.0\.2\.1 of=client limit=12 refused=1$"),
          daemon.log())
    check("and not of each", len([each for each in daemon.lines if "http_rate_limited" in each]) < 10, daemon.log())
    daemon.stop()

MANY = urllib.parse.quote("{%s}" % " ".join(f'a{i}:inbox(mailbox:"carol"){{id}}' for i in range(20)))
with Daemon(BASE | {"api.request_rate": "0", "api.inbox_rate": "60"}) as daemon:
    check("what a query asks of an inbox counts for it", refused(daemon, "192.0.2.8", f"/graphql?query={MANY}"))
    check("and the log tells of it", daemon.wait_for(r"http_rate_limited peer=192\.0\.2\.8 of=inbox limit=60 refused=1$"), daemon.log())
    check_rate("many have what one inbox may be asked for", granted(daemon, [f"192.0.2.{i}" for i in range(200)]), 60)
    same("by whose rate, is told", refused(daemon, "192.0.2.250")[0]["ratelimit-policy"], '"inbox";q=60;w=60')
    same("other inboxes are served", ask(daemon, "192.0.2.1", "/api/v3/mailboxes/alice")[0], 200)
    check("no inbox is named in the log", not re.search("bob|carol", "\n".join(daemon.lines)), daemon.log())
    daemon.stop()

# Two processes that only show mail, and the one that takes it: ten a second, and six hundred at once.
SHARED = BASE | {"api.request_rate": "600", "api.inbox_rate": "0"}
with Daemon(SHARED, ("serve-smtp",)), Daemon(SHARED, ("serve-api",)) as first, Daemon(SHARED, ("serve-api",)) as second:
    check_rate("one process gives a minute's worth", granted(first, ["198.51.100.1"] * 1500), 600)
    sums = []

    def hears_of_it():
        """It grants what a sixteenth and a second bring, and then knows."""
        sums.append(granted(second, ["198.51.100.1"] * 10)[0])
        return sums[-1] == 0

    check("the other one hears of it", until(hears_of_it, 30, 0.1), sums)
    check("long before its own bucket is empty", sum(sums) < 600, sums)
    same("others have their own", ask(second, "198.51.100.2")[0], 200)
    check("what both let through is owed", int(refused(second, "198.51.100.1")[0]["retry-after"]) >= 1)

# A ledger that cannot be written.
os.mkdir(f"{WORK}/alone.db.ledger")
with Daemon(BASE | {"store.url": f"sqlite:{WORK}/alone.db", "api.request_rate": "60"}) as daemon:
    check_rate("without a ledger there are rates all the same", granted(daemon, ["192.0.2.1"] * 200), 60)
    same("and nobody waits for it", ask(daemon, "192.0.2.2")[0], 200)
    check("the log says so", daemon.wait_for(r"ledger failed"), daemon.log())
    daemon.stop()
finish()

"""Restarts: TERM and kill -9, with caps and expiry."""
import time

from e2e import Api, Daemon, check, finish, maildrop, same, until, without_trace
from smtp import Client


def message(number):
    return f"Subject: number {number}\r\n\r\nbody {number}\r\n".encode()


def numbers(api, inbox):
    return [int(m["subject"].split()[-1]) for m in api.messages(inbox)]


def ids(api, inbox):
    return [m["id"] for m in api.messages(inbox)]


with Daemon({"inbox.max_messages": 4}) as daemon, Client(daemon.smtp) as client:
    for n in range(1, 8):
        same(f"message {n}", client.deliver(["capped@example.test", f"other{n}@example.test"], message(n)).code, 250)
    with Api(daemon.api) as api:
        same("the newest four stay", numbers(api, "capped"), [7, 6, 5, 4])
        same("others are untouched", numbers(api, "other1"), [1])
        before = ids(api, "capped")
        status, _, body = api.request("DELETE", f"/api/v3/mailboxes/capped/{before[1]}", {"X-Requested-With": "test"})
        check("DELETE", status in (200, 204), (status, body))
        same("DELETE of the same again: 404", api.request("DELETE", f"/api/v3/mailboxes/capped/{before[1]}",
                                                          {"X-Requested-With": "test"})[0], 404)
        same("only that one is gone", numbers(api, "capped"), [7, 5, 4])
        before = ids(api, "capped")
    daemon.stop()

with Daemon({"inbox.max_messages": 4}) as daemon:
    with Api(daemon.api) as api:
        same("after a restart: the same ids in the same order", ids(api, "capped"), before)
        same("and bytes", without_trace(api.raw("capped", before[0])), message(7))
    with Client(daemon.smtp) as client:
        client.deliver(["capped@example.test"], message(8))
    daemon.kill()

with Daemon({"inbox.max_messages": 2}) as daemon:
    with Client(daemon.smtp) as client, Api(daemon.api) as api:
        same("after kill -9: the acknowledged one is there", numbers(api, "capped")[:2], [8, 7])
        client.deliver(["capped@example.test"], message(9))
        same("a lower cap holds from the next delivery on", numbers(api, "capped"), [9, 8])
    daemon.stop()

with Daemon({"inbox.max_age": "2s"}) as daemon:
    with Api(daemon.api) as api:
        with Client(daemon.smtp) as client:
            client.deliver(["brief@example.test"], message(1))
            time.sleep(1.2)
            client.deliver(["brief@example.test"], message(2))
        time.sleep(1.2)
        same("the age counts from the last arrival", numbers(api, "brief"), [2, 1])
        check("then the inbox expires as a whole", until(lambda: not ids(api, "brief"), 5))
        check("old inboxes expire under a new setting", not ids(api, "capped"))
        same("and their messages are unknown", api.get(f"/api/v3/mailboxes/capped/{before[0]}")[0], 404)
    same("for the command line too", maildrop("inbox", "brief", settings={"inbox.max_age": "2s"})[0], 1)
    daemon.stop()
finish()

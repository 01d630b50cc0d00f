"""Several processes on one SQLite file."""
import os
import threading

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until, without_trace
from smtp import Client, deliver

MESSAGE = b"Subject: shared\r\n\r\nbody\r\n"


def halves_see_each_other():
    with Daemon(command=("serve-smtp",)) as smtp, Daemon(command=("serve-api",)) as api_daemon:
        same("delivered to serve-smtp", deliver(smtp.smtp, ["shared@example.test"], MESSAGE).code, 250)
        with Api(api_daemon.api) as api:
            same("and read from serve-api at once", without_trace(api.only("shared")), MESSAGE)
            same("readyz", api.get("/readyz")[0], 200)
            check("and counted there", until(lambda: api.json("/v2/statistics")["queued"] == 1))
        second_writer_is_refused()
        delete_while_serving(smtp, api_daemon)
        api_daemon.stop()
        smtp.stop()


def second_writer_is_refused():
    for command in ("serve-smtp", "serve"):
        with Daemon(command=(command,), wait=False) as second:
            status = second.wait(15)
            check(f"a second {command} on the same store ends with 69 or 75", status in (69, 75), status)
            check("and says why", second.log().strip() != "", second.log())


def delete_while_serving(smtp, api_daemon):
    ending = threading.Event()
    accepted = []

    def load():
        with Client(smtp.smtp) as client:
            while not ending.is_set():
                accepted.append(client.deliver([f"l{len(accepted)}@example.test"], MESSAGE).code)

    sender = threading.Thread(target=load)
    sender.start()
    try:
        with Api(api_daemon.api) as api:
            for turn in range(5):
                deliver(smtp.smtp, ["victim@example.test"], MESSAGE)
                before = [m["id"] for m in api.messages("victim")]
                status, _, err = maildrop("inbox", "victim", before[0], "--delete")
                same(f"inbox --delete under load {turn}: status", status, 0) or print(err)
                check("exactly that one is gone", until(lambda: [m["id"] for m in api.messages("victim")] == before[1:]))
                deliver(smtp.smtp, ["victim@example.test"], MESSAGE)
            kept = api.messages("victim")
            status, _, body = api.request("DELETE", f"/api/v3/mailboxes/victim/{kept[0]['id']}", {"X-Requested-With": "test"})
            check("DELETE through serve-api, a reader", status in (200, 204), (status, body))
            same("one less", len(api.messages("victim")), len(kept) - 1)
    finally:
        ending.set()
        sender.join()
    check("every delivery meanwhile was accepted", set(accepted) == {250}, sorted(set(accepted)))


def delete_with_no_server():
    status, out, _ = maildrop("inbox", "shared", "-n", "1", "--json")
    same("inbox reads a store that nobody serves", status, 0)
    same("and deletes from it", maildrop("inbox", "shared", "latest", "--delete")[0], 0)
    same("then it is empty", maildrop("inbox", "shared")[0], 1)


def reader_comes_first():
    settings = {"store.url": "sqlite:" + WORK + "/later.db"}
    with Daemon(settings, command=("serve-api",), wait=False) as api_daemon:
        with Daemon(settings, command=("serve-smtp",)) as smtp:
            same("serve-smtp starts beside a serve-api that came first",
                 deliver(smtp.smtp, ["late@example.test"], MESSAGE).code, 250)
            if check("serve-api is up or waits", api_daemon.process.poll() is None or api_daemon.wait(1) in (66, 69, 75),
                     api_daemon.log()) and api_daemon.process.poll() is None and api_daemon.wait_for(r"\bready\b", 10):
                with Api(api_daemon.api) as api:
                    check("and then shows the mail", until(lambda: len(api.messages("late")) == 1))


def store_goes_away():
    """Its file is moved while it is served: 503, and never `no such inbox`; a client that waits goes on waiting."""
    store = WORK + "/moved.db"
    settings = {"store.url": "sqlite:" + store}
    with Daemon(settings) as whole, Daemon(settings, command=("serve-api",)) as half:
        deliver(whole.smtp, ["a@example.test"], MESSAGE)
        for daemon, role in ((whole, "serve"), (half, "serve-api")):
            with Api(daemon.api) as api:
                kept = api.messages("a")[0]["id"]
                asked = [(method, path) for method in ("GET", "DELETE") for path in
                         (f"/api/v3/mailboxes/a/{kept}", f"/v2/mailbox/a/{kept}")]
                asked += [("GET", path) for path in ("/api/v3/mailboxes/a", "/v2/mailbox/a", "/api/v3/mailboxes/a/latest",
                                                     f"/api/v3/mailboxes/a/{kept}/raw", "/readyz")]
                os.rename(store, store + ".away")
                seen = len(daemon.lines)
                for method, path in asked:
                    status, headers, body = api.request(method, path, {"X-Requested-With": "test"})
                    check(f"{role}: {method} {path} without the store: 503, try later",
                          status == 503 and "retry-after" in headers, (status, body))
                check(f"{role}: and the log says why", daemon.wait_for(r"http_request.*moved, removed or replaced", 10, seen),
                      daemon.log())
                status, _, err = maildrop("inbox", "a", "--wait=200ms", "--api", f"http://{daemon.api}")
                check(f"{role}: inbox --wait --api waits for it", status == 124 and "trying again" in err, (status, err))
                os.rename(store + ".away", store)
                check(f"{role}: it is back", until(lambda: [m["id"] for m in api.messages("a")] == [kept]))
        whole.stop()
        with Api(half.api) as api:
            same("readyz of serve-api is about the store, which nobody writes now", api.get("/readyz")[0], 200)
        half.stop()


halves_see_each_other()
store_goes_away()
delete_with_no_server()
reader_comes_first()
finish()

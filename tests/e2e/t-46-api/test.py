"""Version 3 of the API as clients meet it: bytes of real answers, on one connection that stays open."""
import base64
import gzip
import hashlib
import json
import xml.etree.ElementTree

from e2e import Api, Daemon, check, finish, maildrop, same
from smtp import deliver

HERE = "/api/v3/mailboxes/bob"
IMAGE = bytes(range(256)) * 8
MAIL = (b"Subject: your code is 482913\r\nFrom: A <a@example.com>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nhello\r\n" + b"a line of text\r\n" * 200 + b"https://example.com/confirm?t=1\r\n"
        b"--b\r\nContent-Type: image/png; name=\"=?utf-8?q?=0D=0ASet-Cookie:_a=3Db_f=C3=BCr.png?=\"\r\n"
        b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n")


def mail():
    return MAIL + base64.encodebytes(IMAGE).replace(b"\n", b"\r\n") + b"--b--\r\n"


def send(daemon, to, data=b"Subject: x\r\n\r\ny\r\n"):
    return deliver(daemon.smtp, [f"{to}@example.test"], data).code


def same_head(api, path, headers=None):
    """HEAD says what GET does, but for the time of day, and has no body."""
    get, head = api.request("GET", path, headers), api.request("HEAD", path, headers)
    for fields in (get[1], head[1]):
        for name in ("date", "ratelimit", "x-request-id"):
            fields.pop(name, None)
    same(f"HEAD {path}", (head[0], head[1], head[2]), (get[0], get[1], b""))
    return get


with Daemon({"mail.attachments": "keep", "api.cors": "*", "api.hosts": "*"}) as daemon, Api(daemon.api) as api:
    same("mail comes", send(daemon, "bob", mail()), 250)
    latest = f"{HERE}/latest"

    print("  what a message is made of", flush=True)
    status, fields, raw = same_head(api, f"{latest}/raw")
    parts = api.json(f"{latest}/parts")["parts"]
    same("its parts", [(each["number"], each["type"]) for each in parts], [(1, "text/plain"), (2, "image/png")])
    same("and their sizes", parts[1]["size"], len(IMAGE))
    status, fields, body = same_head(api, f"{latest}/parts/2")
    same("the bytes of one", (status, body), (200, IMAGE))
    same("of no type", fields["content-type"], "application/octet-stream")
    check("a file name adds no field", "set-cookie" not in fields and fields["content-disposition"].startswith("attachment; "), fields)
    check("in a sandbox", fields["content-security-policy"].startswith("sandbox"), fields)
    same("no such part", api.get(f"{latest}/parts/3")[0], 404)
    same("codes and links", api.json(f"{latest}/codes"),
         {"codes": ["482913"], "links": [{"url": "https://example.com/confirm?t=1", "kind": "action"}]})
    names = [each["name"] for each in api.json(f"{latest}/headers")["headers"]]
    same("fields in their order", names[-4:], ["Subject", "From", "MIME-Version", "Content-Type"])
    check("the text", same_head(api, f"{latest}/text")[2].startswith(b"hello\n"))
    feed = xml.etree.ElementTree.fromstring(same_head(api, f"{HERE}/feed.atom")[2])
    atom = "{http://www.w3.org/2005/Atom}"
    same("a feed", [each.findtext(f"{atom}title") for each in feed.iter(f"{atom}entry")], ["your code is 482913"])
    link = feed.find(f"{atom}entry/{atom}link").get("href")
    same("whose links lead to the text", api.get(link)[0], 200)
    same("the status", (api.json("/api/v3/status")["takes_mail"], api.json("/api/v3/status")["domains"]), (True, ["example.test"]))

    document = json.loads(same_head(api, "/api/v3/openapi.json")[2])
    same("what describes all this", document["openapi"], "3.1.0")
    same("is as it is generated", json.loads(maildrop("generate", "openapi")[1]), document)

    print("  conditions", flush=True)
    for path in (HERE, latest, f"{latest}/raw", f"{latest}/html", f"{HERE}/feed.atom", "/api/v3/status"):
        status, fields, body = same_head(api, path)
        if status == 404:
            continue
        same(f"no-store {path}", (fields["cache-control"], fields["x-content-type-options"]), ("no-store", "nosniff"))
        status, again, body = api.request("GET", path, {"If-None-Match": fields["etag"]})
        same(f"304 {path}", (status, body, again.get("content-length"), again["etag"]), (304, b"", None, fields["etag"]))
        same(f"and the connection goes on {path}", api.get(path)[0], 200)
    tag = api.get(HERE)[1]["etag"]
    status, fields, _ = api.request("GET", f"{HERE}?wait=1&since={api.messages('bob')[0]['id']}", {"If-None-Match": "*"})
    same("a list that waits may end in 304", status, 304)

    print("  ranges", flush=True)
    status, fields, body = api.request("GET", f"{latest}/raw", {"Range": "bytes=10-19"})
    same("206", (status, fields["content-range"], body), (206, f"bytes 10-19/{len(raw)}", raw[10:20]))
    whole = api.get(f"{latest}/raw")[1]["etag"]
    pieces = b"".join(api.request("GET", f"{latest}/raw", {"Range": f"bytes={at}-{at + 999}", "If-Range": whole})[2]
                      for at in range(0, len(raw), 1000))
    same("all pieces", hashlib.sha256(pieces).hexdigest(), hashlib.sha256(raw).hexdigest())
    status, fields, _ = api.request("GET", f"{latest}/raw", {"Range": f"bytes={len(raw)}-"})
    same("416", (status, fields["content-range"]), (416, f"bytes */{len(raw)}"))
    same("several", api.request("GET", f"{latest}/raw", {"Range": "bytes=0-1,3-4"})[0], 200)
    same("of another", api.request("GET", f"{latest}/raw", {"Range": "bytes=0-1", "If-Range": '"x"'})[0], 200)

    print("  gzip", flush=True)
    takes = {"Accept-Encoding": "gzip"}
    status, fields, body = same_head(api, f"{latest}/text", takes)
    same("packed", (fields["content-encoding"], fields["vary"]), ("gzip", "Accept-Encoding"))
    same("and unpacked", gzip.decompress(body), api.get(f"{latest}/text")[2])
    same("its own tag", api.request("GET", f"{latest}/text", {**takes, "If-None-Match": fields["etag"]})[0], 304)
    same("not where it is refused", "content-encoding" in api.request("GET", f"{latest}/text", {"Accept-Encoding": "gzip;q=0"})[1], False)
    for number in range(9):
        send(daemon, "bob")
    status, fields, body = api.request("GET", HERE, takes)
    check("never of several senders' mail", len(body) > 2000 and "content-encoding" not in fields, fields)

    print("  who may empty an inbox", flush=True)
    status, fields, _ = api.request("OPTIONS", HERE)
    same("OPTIONS", (status, fields["allow"]), (204, "GET, HEAD, DELETE, OPTIONS"))
    check("not for pages elsewhere", "DELETE" not in fields["access-control-allow-methods"], fields)
    same("OPTIONS of a part", api.request("OPTIONS", f"{latest}/parts/1")[1]["allow"], "GET, HEAD, OPTIONS")
    for fields in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        same(f"403 {fields}", api.request("DELETE", HERE, fields)[0], 403)
    same("nothing is gone", len(api.messages("bob")), 10)
    same("a reserved one", api.request("DELETE", "/api/v3/mailboxes/Postmaster+x")[0], 403)
    send(daemon, "eve")
    same("204", api.request("DELETE", HERE, {"Origin": f"http://{daemon.api}"})[::2], (204, b""))
    same("it is empty", api.messages("bob"), [])
    same("others are not", len(api.messages("eve")), 1)
    same("again", api.request("DELETE", HERE)[0], 204)
    check("another tag", api.get(HERE)[1]["etag"] != tag)
    same("it takes mail", (send(daemon, "bob"), len(api.messages("bob"))), (250, 1))
finish()

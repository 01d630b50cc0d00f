"""Three mails come by SMTP to an inbox for each client, which lists, reads and deletes them."""
import asyncio
import hashlib
import json
import os
import re
import subprocess

import websockets

from e2e import WORK, Api, Daemon, check, finish, same, until
from smtp import Client, crlf, deliver

FILE = b"not really a picture\n"
MAILS = {
    "plain": b"From: Ann <ann@example.org>\r\nSubject: plain\r\n\r\nYour code is 4711.\r\n",
    "page": b"From: ann@example.org\r\nSubject: page\r\nContent-Type: text/html\r\n\r\n<a href=\"https://x.example/\">go</a>\r\n",
    "file": b"From: ann@example.org\r\nSubject: =?utf-8?q?f=C3=A4le?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n--b\r\nContent-Type: image/png; name=\"a b.png\"\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\nbm90IHJlYWxseSBhIHBpY3R1cmUK\r\n--b--\r\n",
}
KEY_FILE = f"{WORK}/alias.key"
SUBJECTS = ["plain", "page", "f\u00e4le"]


def run(daemon, client):
    inbox = f"of-{client}"
    for mail in MAILS.values():
        deliver(daemon.smtp, [f"{inbox}@example.test"], crlf(mail))
    with Api(daemon.api) as api:
        check("counted", until(lambda: (n := api.json("/v2/statistics")) and n["queued"] >= 3 and n["denied"] >= 1))
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients.cjs")
    done = subprocess.run(["node", script, client, f"http://{daemon.api}", inbox], capture_output=True, timeout=60)
    if not check(f"{client}: it comes to its end", done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]):
        finish()
    return inbox, json.loads(done.stdout)


def subjects(messages):
    return [each["subject"] for each in messages]


def inbucket(daemon):
    inbox, got = run(daemon, "inbucket")
    same("inbucket: a list, oldest first", subjects(got["list"]), SUBJECTS)
    first, latest = got["first"], got["latest"]
    same("inbucket: fields of a list", set(got["list"][0]),
         {"mailbox", "id", "from", "to", "subject", "date", "posix-millis", "size", "seen"})
    same("inbucket: a message", (first["mailbox"], first["from"], first["to"], first["body"]["text"]),
         (inbox, "Ann <ann@example.org>", [f"{inbox}@example.test"], "Your code is 4711.\n"))
    same("inbucket: its header", first["header"]["From"], ["Ann <ann@example.org>"])
    same("inbucket: the latest", latest["id"], got["list"][2]["id"])
    file = latest["attachments"][0]
    same("inbucket: an attachment", (file["filename"], file["content-type"], file["md5"]),
         ("a b.png", "image/png", hashlib.md5(FILE).hexdigest()))
    same("inbucket: behind its link", got["download"],
         {"status": 200, "type": "application/octet-stream", "text": FILE.decode()})
    check("inbucket: the source is no JSON", "JSON" in got["source"], got["source"])
    same("inbucket: what is seen is taken", got["seen"], {"status": 200, "body": "OK"})
    same("inbucket: one is deleted", (got["deleted"], got["left"]), ("OK", SUBJECTS[1:]))
    check("inbucket: and is gone", "404 404 page not found" in got["again"], got["again"])
    same("inbucket: and all", (got["purged"], got["empty"]), ("OK", []))
    check("inbucket: a reserved inbox is none", "403 this inbox is reserved" in got["reserved"], got["reserved"])
    same("inbucket: nothing says that this is another product", got["info"], 404)


async def next_of(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), 20))


async def refusal(address, **how):
    """The status of an answer that opens no socket."""
    try:
        async with websockets.connect(address, **how):
            return 101
    except websockets.InvalidStatusCode as error:
        return error.status_code


async def monitors(daemon):
    """Both of Inbucket's, of one inbox."""
    base, inbox = f"ws://{daemon.api}/api/", "of-monitors"

    def mail(name):
        return deliver(daemon.smtp, [f"{inbox}@example.test"], crlf(MAILS[name])).code

    same("monitor: mail comes", mail("plain"), 250)
    async with websockets.connect(f"{base}v1/monitor/messages/{inbox}") as v1, \
            websockets.connect(f"{base}v2/monitor/messages/{inbox}") as v2:
        first = await next_of(v1)
        same("monitor: what is there comes first", (first["mailbox"], first["subject"]), (inbox, "plain"))
        same("monitor: with version 2, too", await next_of(v2), {"variant": "message-stored", "identifier": None, "header": first})
        await asyncio.wait_for(await v1.ping(), 20)
        same("monitor: and more mail", mail("page"), 250)
        same("monitor: is told when it has come", (await next_of(v1))["subject"], "page")
        same("monitor: by both", (await next_of(v2))["header"]["subject"], "page")
        with Api(daemon.api) as api:
            api.request("DELETE", f"/api/v1/mailbox/{inbox}/{first['id']}")
        same("monitor: and what was deleted, by version 2", await next_of(v2),
             {"variant": "message-deleted", "identifier": {"mailbox": inbox, "id": first["id"]}, "header": None})
        same("monitor: mail again", mail("file"), 250)
        same("monitor: and of that version 1 says nothing", (await next_of(v1))["subject"], SUBJECTS[2])
    same("monitor: of all inboxes there is none", await refusal(f"{base}v1/monitor/messages"), 404)
    same("monitor: nor of a reserved one", await refusal(f"{base}v2/monitor/messages/Admin"), 403)
    same("monitor: nor for a page elsewhere", await refusal(f"{base}v1/monitor/messages/{inbox}", origin="https://evil.example"), 403)


def graphql(daemon):
    inbox, got = run(daemon, "graphql")
    same("graphql: a list, newest first", subjects(got["list"]["data"]["inbox"]), SUBJECTS[::-1])
    message = got["message"]["data"]["message"]
    same("graphql: a message", (message["mailfrom"], message["headerfrom"], message["subject"]),
         ("sender@example.test", "ann@example.org", "page"))
    check("graphql: its HTML", "<a href=\"https://x.example/\">go</a>" in message["html"], message)
    check("graphql: its source", message["data"].endswith(MAILS["page"].decode()), message)
    several = got["several"]["data"]
    same("graphql: ping, status", (several["ping"], several["status"]), ("pong test", "operational"))
    check("graphql: statistics", several["statistics"]["saved"] >= 3 and several["statistics"]["blocked"] >= 1, several)
    with Client(daemon.smtp) as client:
        client.cmd("EHLO x")
        client.cmd("MAIL FROM:<ann@example.org>")
        same("graphql: its alias takes mail", client.cmd(f"RCPT TO:<{several['altinbox']}@example.test>").code, 250)
    same("graphql: one is deleted", (got["deleted"]["data"], subjects(got["left"]["data"]["a"])),
         ({"delete": True}, [SUBJECTS[2], SUBJECTS[0]]))
    same("graphql: a reserved inbox is none", (got["left"]["data"]["b"], got["left"]["errors"][0]["path"]), (None, ["b"]))
    same("graphql: by GET", subjects(got["byGet"]["body"]["data"]["inbox"]), [SUBJECTS[2], SUBJECTS[0]])


def original(daemon):
    inbox, got = run(daemon, "original")
    same("original: a list, newest first", subjects(got["list"]["body"]), SUBJECTS[::-1])
    check("original: a date", re.fullmatch(r"[A-Z][a-z]{2} \d\d? \d{4} \d\d:\d\d [AP]M", got["list"]["body"][0]["date"]),
          got["list"])
    message = got["message"]["body"]
    same("original: a message", (message["recipient"], message["sender"]), (inbox, "ann@example.org"))
    check("original: its source", message["body"].endswith(MAILS["file"].decode()), message)
    same("original: it is deleted", got["deleted"], {"status": 200, "body": {"deleted": message["id"]}})
    same("original: once", got["again"], {"status": 404, "body": {}})
    check("original: a suggestion", len(got["suggestion"]["body"]["suggestion"]) >= 10, got["suggestion"])
    check("original: what was blocked", got["blocked"]["body"]["blocked"] >= 1, got["blocked"])


with open(os.open(KEY_FILE, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
    file.write("7" * 64)
with Daemon({"limits.exempt": "127.0.0.1", "mail.attachments": "keep", "inbox.alias": "true",
             "inbox.alias_key_file": KEY_FILE}) as daemon:
    with Client(daemon.smtp) as client:  # something to be counted
        client.cmd("EHLO x")
        client.cmd("MAIL FROM:<ann@example.org>")
        same("no relay", client.cmd("RCPT TO:<a@elsewhere.example>").code, 550)
    for each in (inbucket, graphql, original):
        each(daemon)
    asyncio.run(monitors(daemon))
    daemon.stop()
finish()

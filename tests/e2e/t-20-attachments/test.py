"""mail.attachments: strip, keep and reject, by SMTP and LMTP, in the API, the log, the metrics and on the command line; and
that a reload changes it."""
import email
import email.message
import email.policy
import hashlib
import re
import signal
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until, without_trace
from smtp import Client, deliver

PDF = bytes(range(256)) * 40
PNG = b"\x89PNG" + bytes(1000)


def part(content, maintype, subtype, **how):
    made = email.message.EmailMessage()
    made.set_content(content, maintype, subtype, **how)
    return made


def build():
    """mixed > related > alternative, a picture in the HTML, a file, and a message with a file of its own."""
    related = MIMEMultipart("related", _subparts=[
        MIMEMultipart("alternative", _subparts=[MIMEText("the text\n"), MIMEText('<p>the html <img src="cid:logo@x"></p>\n', "html")]),
        part(PNG, "image", "png", cid="<logo@x>")])
    inner = email.message.EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("the inner text\n")
    inner.add_attachment(PDF[:100], "application", "octet-stream", filename="inner.bin")
    whole = MIMEMultipart("mixed", _subparts=[
        related, part(PDF, "application", "pdf", filename="Rechnung f\u00fcr M\u00e4rz.pdf"), MIMEMessage(inner)])
    whole["From"], whole["Subject"] = "Zoe <zoe@example.net>", "all of it"
    return whole.as_bytes(policy=email.policy.SMTP)


MESSAGE = build()
PLAIN = b"Subject: plain\r\nX-Maildrop-Attachments: removed 99, 1 bytes\r\n\r\nno attachment\r\n"
LMTP = f"{WORK}/lmtp.sock"
BASE = {"lmtp.listen": f"unix:{LMTP}", "limits.exempt": ""}


def lmtp_codes(inboxes, data):
    with Client(f"unix:{LMTP}") as client:
        client.cmd("LHLO relay.test")
        client.cmd("MAIL FROM:<a@b.test>")
        for inbox in inboxes:
            client.cmd(f"RCPT TO:<{inbox}@example.test>")
        client.cmd("DATA")
        client.send(data + b".\r\n")
        return [client.reply().code for _ in inboxes]


def shape(part):
    """Type and children, with text/plain where something was removed."""
    if part.is_multipart():
        return part.get_content_type(), [shape(each) for each in part.get_payload()]
    return "text/plain" if part.get_content_maintype() != "text" else part.get_content_type()


def metric(api, name):
    return int(float(re.search(rb"^" + name.encode() + rb" (\S+)$", api.get("/metrics")[2], re.M).group(1)))


def check_stripped(title, raw):
    header = raw.split(b"\r\n")
    same(f"{title}: what was removed is stated above our Received", (header[1], b"Received:" in raw[:raw.index(b"X-Maildrop")]),
         (f"X-Maildrop-Attachments: removed 3, {len(PDF) + len(PNG) + 100} bytes".encode(), False))
    got, sent = email.message_from_bytes(without_trace(raw)), email.message_from_bytes(MESSAGE)
    same(f"{title}: the structure is kept", shape(got), shape(sent))
    leaves = [part for part in got.walk() if not part.is_multipart()]
    written = [part.get_payload(decode=True).decode() for part in leaves]
    check(f"{title}: so are the texts", "the text" in written[0] and "the html" in written[1] and "the inner text" in written[4], written)
    for at, content, kind, name in ((2, PNG, "image/png", None), (3, PDF, "application/pdf", "Rechnung f\u00fcr M\u00e4rz.pdf"),
                                    (5, PDF[:100], "application/octet-stream", "inner.bin")):
        wanted = [f"Type: {kind}"] + ([f"Name: {name}"] if name else [])
        wanted += [f"Size: {len(content)} bytes", f"SHA-256: {hashlib.sha256(content).hexdigest()}"]
        same(f"{title}: a stub names {kind}", written[at].strip().split("\r\n")[1:], wanted)
        same(f"{title}: and is a file", leaves[at].get_filename(), f"removed-{name or 'attachment'}.txt")
    same(f"{title}: what the HTML refers to is there", leaves[2]["Content-ID"], "<logo@x>")


config = f"{WORK}/maildrop.toml"


def configure(policy):
    with open(config, "w", encoding="utf-8") as f:
        f.write(f'[mail]\nattachments = "{policy}"\n')


with open(config, "w", encoding="utf-8") as f:
    f.write("")
with Daemon(BASE, command=("serve", "--config", config)) as daemon, Api(daemon.api) as api:
    same("strip, by default: accepted", deliver(daemon.smtp, ["strip@example.test"], MESSAGE).code, 250)
    check_stripped("SMTP", api.only("strip"))
    check("the log tells it", daemon.wait_for(r"\bmessage\b.*inbox=strip .*removed=3 .*result=stored", 5))
    same("so does a metric", metric(api, "maildrop_smtp_attachments_removed_total"), 3)
    check("the API shows the text", "the text" in api.json(f"/api/v3/mailboxes/strip/{api.messages('strip')[0]['id']}")["text"])
    status, out, _ = maildrop("inbox", "strip", "latest")
    check("maildrop inbox shows both", status == 0 and b"\nAttachments: removed 3, " in out and b"the text" in out, out)
    status, out, _ = maildrop("inbox", "strip", "latest", "--raw")
    same("and the same bytes as the API", out, api.only("strip"))

    same("plain: accepted", deliver(daemon.smtp, ["plain@example.test"], PLAIN).code, 250)
    same("plain: byte for byte", without_trace(api.only("plain")), PLAIN)
    _, out, _ = maildrop("inbox", "plain", "latest")
    check("what a sender says was removed is not believed", b"Attachments:" not in out, out)
    check("nor is there anything in the log", daemon.wait_for(r"\bmessage\b.*inbox=plain .*size=\d+ result=stored", 5))

    same("LMTP: accepted for each", lmtp_codes(["lmtp1", "lmtp2"], MESSAGE), [250, 250])
    for inbox in ("lmtp1", "lmtp2"):
        check_stripped(f"LMTP, {inbox}", api.only(inbox))

    for policy in ("keep", "reject"):
        configure(policy)
        start = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        check(f"reloaded to {policy}", daemon.wait_for(r"reload", 10, start))
        code = {"keep": 250, "reject": 554}[policy]
        reply = until(lambda c=code, p=policy: (lambda r: r if r.code == c else None)(deliver(daemon.smtp, [f"{p}@example.test"], MESSAGE)))
        check(f"{policy}: answered with {code}", reply, reply)
        same(f"{policy}: so by LMTP, for each", lmtp_codes([f"{policy}1", f"{policy}2"], MESSAGE), [code, code])
        if policy == "keep":
            for inbox in ("keep1", "keep2"):
                same(f"{inbox}: byte for byte", without_trace(api.only(inbox)), MESSAGE)
            check("no note", b"X-Maildrop" not in api.only("keep1"))
        else:
            check("the reason is named", "5.6.1 no attachments here" in reply.lines[-1], reply)
            same("nothing is stored", [api.messages(f"reject{each}") for each in (1, 2)], [[], []])
            check("the log has it", daemon.wait_for(r"\bmessage\b.*result=refused code=554 reason=attachments", 5))
            same("text is taken", deliver(daemon.smtp, ["text@example.test"], PLAIN).code, 250)
    daemon.stop()
finish()

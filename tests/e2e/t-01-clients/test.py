"""The clients: swaks, curl, postfix's smtp-source, Python's smtplib."""
import smtplib
import subprocess
import email.message
import email.policy

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until, without_trace

PLAIN = (b"From: A <a@example.test>\r\nTo: b@example.test\r\nSubject: hello\r\n\r\n"
         b"first line\r\n.dot at the start\r\n..two dots\r\n.\r\n\r\n  trailing spaces  \r\n" + b"x" * 5000 + b"\r\n")
EIGHT_BIT = "From: a@example.test\r\nSubject: gr\u00fc\u00dfe\r\n\r\n\u65e5\u672c\u8a9e \u2713\r\n".encode() + bytes(range(128, 256)) + b"\r\n"


def run(*argv, stdin=b""):
    done = subprocess.run(argv, input=stdin, capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def swaks(daemon):
    path = f"{WORK}/swaks.eml"
    with open(path, "wb") as f:
        f.write(PLAIN)
    status, out = run("swaks", "--server", daemon.smtp, "--to", "swaks@example.test", "--from", "a@example.test",
                      "--ehlo", "client.example.test", "--data", f"@{path}", "--suppress-data")
    same("swaks: status", status, 0) or print(out)
    return "swaks", PLAIN + b"\r\n"  # swaks ends what it sends with a CRLF of its own


def swaks_with_attachment(daemon):
    status, out = run("swaks", "--server", daemon.smtp, "--to", "swaks2@example.test", "--from", "<>", "--ehlo", "c.example.test",
                      "--attach", "@/etc/passwd", "--header", "Subject: with attachment", "--pipeline")
    same("swaks --pipeline, null sender, attachment: status", status, 0) or print(out)
    return "swaks2", None


def curl(daemon):
    status, out = run("curl", "-sS", "--url", f"smtp://{daemon.smtp}/client.example.test", "--mail-from", "a@example.test",
                      "--mail-rcpt", "curl@example.test", "--mail-rcpt", "curl-too@example.test", "-T", "-", stdin=PLAIN)
    same("curl: status", status, 0) or print(out)
    return "curl", PLAIN


def smtp_source(daemon):
    status, out = run("smtp-source", "-4", "-s", "5", "-m", "50", "-l", "2000", "-N", "-f", "a@example.test", "-t",
                      "source@example.test", "-M", "client.example.test", f"inet:{daemon.smtp}")
    same("smtp-source: status", status, 0) or print(out)
    with Api(daemon.api) as api:
        names = [f"{n}source" for n in range(1, 51)]
        sizes = {len(without_trace(api.only(name)) or b"") for name in names}
    # The Message-Id of each holds a number: a few bytes more or less.
    check("smtp-source: 50 messages in 50 inboxes, all of one size", min(sizes) > 2000 and max(sizes) - min(sizes) < 20, sizes)


def python_smtplib(daemon):
    host, port = daemon.smtp.rsplit(":", 1)
    with smtplib.SMTP(host, int(port), local_hostname="client.example.test", timeout=20) as client:
        client.ehlo()
        for name in ("pipelining", "8bitmime", "smtputf8", "enhancedstatuscodes", "size"):
            check(f"smtplib: EHLO offers {name}", client.has_extn(name))
        client.sendmail("a@example.test", ["plain@example.test"], PLAIN)
        client.sendmail("a@example.test", ["eight@example.test"], EIGHT_BIT, mail_options=["BODY=8BITMIME"])
        client.sendmail("\u00e4@ex\u00e4mple.test", ["gr\u00fcn@example.test"], EIGHT_BIT,
                        mail_options=["SMTPUTF8", "BODY=8BITMIME"])
        message = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
        message["From"], message["To"], message["Subject"] = "a@example.test", "built@example.test", "\u2713 built"
        message.set_content("text\n")
        message.add_alternative("<p>html</p>", subtype="html")
        message.add_attachment(b"\0\1\2" * 1000, maintype="application", subtype="octet-stream", filename="a b.bin")
        message.set_boundary("outer")  # else each serialisation picks another
        same("smtplib: send_message", client.send_message(message), {})
        try:
            client.sendmail("a@example.test", ["someone@elsewhere.test"], PLAIN)
            check("smtplib: relaying is refused", False)
        except smtplib.SMTPRecipientsRefused as refused:
            same("smtplib: relaying is refused with 550", [code for code, _ in refused.recipients.values()], [550])
        same("smtplib: VRFY", client.verify("plain")[0], 252)
        same("smtplib: HELP", client.docmd("HELP")[0], 214)
    return [("plain", PLAIN), ("eight", EIGHT_BIT), ("gr%C3%BCn", EIGHT_BIT), ("built", message.as_bytes())]


def read_back(daemon, inbox, sent):
    name = {"gr%C3%BCn": "gr\u00fcn"}.get(inbox, inbox)
    with Api(daemon.api) as api:
        over_http = until(lambda: api.only(inbox), 5)
    status, on_terminal, err = maildrop("inbox", name, "latest", "--raw")
    same(f"{name}: inbox --raw: status", status, 0) or print(err)
    check(f"{name}: HTTP raw and inbox --raw are the same bytes", over_http == on_terminal and over_http)
    if sent is not None:
        same(f"{name}: bytes as sent", without_trace(over_http), sent)


with Daemon({"log.level": "debug", "mail.attachments": "keep"}) as daemon:
    expected = [swaks(daemon), swaks_with_attachment(daemon), curl(daemon)] + python_smtplib(daemon)
    smtp_source(daemon)
    for inbox, sent in expected + [("curl-too", PLAIN)]:
        read_back(daemon, inbox, sent)
    with Api(daemon.api) as api:
        seen = api.messages("eight")[0]
        same("the list shows the decoded subject", seen["subject"], "gr\u00fc\u00dfe")
        trace = api.only("gr%C3%BCn").split(b"\r\n")
        check("Return-Path is the envelope sender", trace[0].startswith(b"Return-Path: <"), trace[0])
        check("Received says UTF8SMTP", b" with UTF8SMTP" in b" ".join(trace[1:5]), trace[:5])
        same("an empty inbox is an empty list", api.messages("nobody"), [])
        old = api.json("/v2/mailbox/plain")
        same("v2 lists it too", [m["subject"] for m in old["messages"]], ["hello"])
        same("v2 gives the body", api.json(f"/v2/mailbox/plain/{old['messages'][0]['id']}")["subject"], "hello")
    daemon.stop()
finish()

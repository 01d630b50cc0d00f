"""TLS as clients see it: Python's ssl against the binary, certificates made by openssl(1)."""
import signal
import smtplib
import socket
import ssl
import subprocess

from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client

MESSAGE = b"Subject: over TLS\r\n\r\nbody\r\n"


def certificate(name, file, algorithm="ec"):
    """A certificate for `name` in WORK/file.pem, its key in WORK/file.key."""
    new = ["-newkey", "rsa:2048"] if algorithm == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(["openssl", "req", "-x509", "-nodes", *new, "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}", "-keyout", f"{WORK}/{file}.key", "-out", f"{WORK}/{file}.pem"],
                   check=True, capture_output=True)


def newest(api, inbox):
    return api.messages(inbox)[0]


def trusting(file):
    return ssl.create_default_context(cafile=f"{WORK}/{file}.pem")


def offered(client):
    return any("STARTTLS" in line for line in client.cmd("EHLO client.test").lines)


def in_tls(daemon, **how):
    """A client behind STARTTLS."""
    client = Client(daemon.smtp)
    assert offered(client)
    same("STARTTLS is answered", client.cmd("STARTTLS").code, 220)
    client.start_tls(**how)
    client.cmd("EHLO client.test")
    return client


certificate("mx.example.org", "first", "rsa")
certificate("mx.example.net", "second")
certificate("mx.example.org", "renewed")
FILES = {"smtp.hostname": "mx.example.org", "smtp.listen_tls": "127.0.0.1:0",
         "tls.certificates": f"{WORK}/first.pem,{WORK}/second.pem", "tls.keys": f"{WORK}/first.key,{WORK}/second.key"}

with Daemon(FILES) as daemon, Api(daemon.api) as api:
    with in_tls(daemon, server_name="mx.example.org", context=trusting("first")) as client:
        same("TLS 1.3 is spoken", client.sock.version(), "TLSv1.3")
        same("mail comes in", client.deliver(["bob@example.test"], MESSAGE).code, 250)
    summary = newest(api, "bob")
    check("the message tells protocol and cipher", summary["tls"].startswith("TLSv1.3 TLS_"), summary)
    raw = api.raw("bob", summary["id"]).decode()
    check("its Received says ESMTPS and the cipher (RFC 3848, RFC 8314 4.3)",
          " with ESMTPS id " in raw and f"\ttls {summary['tls'].split()[1]} (TLSv1.3);" in raw, raw[:400])
    with in_tls(daemon, server_name="mx.example.net", context=trusting("second")) as client:
        check("who names the second server gets its certificate (SNI)", True)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
    with in_tls(daemon, context=old) as client:
        same("TLS 1.2 is spoken", client.sock.version(), "TLSv1.2")
    with smtplib.SMTP_SSL("127.0.0.1", int(daemon.smtp_tls.split(":")[1]), context=old) as implicit:
        same("implicit TLS takes mail", implicit.sendmail("a@b.test", ["carol@example.test"], MESSAGE), {})
    check("and keeps its cipher by its IANA name", newest(api, "carol")["tls"].startswith("TLSv1.2 TLS_ECDHE"), newest(api, "carol"))
    big = b"Subject: big\r\n\r\n" + (b"y" * 70 + b"\r\n") * 6000
    with in_tls(daemon) as client:
        same("a large message in many records", client.deliver(["big@example.test"], big).code, 250)
    check("byte for byte", api.raw("big", newest(api, "big")["id"]).endswith(big))

    # The last bytes and the goodbye in one packet.
    raw = socket.create_connection(daemon.smtp_tls.rsplit(":", 1))
    raw.settimeout(10)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = old.wrap_bio(incoming, outgoing)

    def over_the_wire(act):
        while True:
            try:
                return act()
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))

    over_the_wire(tls.do_handshake)
    over_the_wire(lambda: tls.read(4096))
    tls.write(b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<last@example.test>\r\nDATA\r\n")
    heard = b""
    while b"354" not in heard:
        heard += over_the_wire(lambda: tls.read(4096))
    tls.write(b"Subject: last\r\n\r\nbody\r\n.\r\n")
    try:
        tls.unwrap()
    except ssl.SSLWantReadError:
        pass
    raw.sendall(outgoing.read())
    check("a message whose end and goodbye come together is stored", until(lambda: len(api.messages("last")) == 1))
    check("and answered", raw.recv(65536) != b"")
    raw.close()

    # A renewal: the files change, HUP reads them, and who is there keeps what he has.
    with in_tls(daemon, server_name="mx.example.org", context=trusting("first")) as client:
        for end in ("pem", "key"):
            with open(f"{WORK}/renewed.{end}", encoding="ascii") as new, open(f"{WORK}/first.{end}", "w", encoding="ascii") as file:
                file.write(new.read())
        seen = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        check("HUP reads certificates again", daemon.wait_for(r"\breloaded\b", start=seen))
        same("a session under way goes on", client.cmd("NOOP").code, 250)
        same("and can still deliver", client.deliver(["bob@example.test"], MESSAGE).code, 250)
    with in_tls(daemon, server_name="mx.example.org", context=trusting("renewed")):
        check("a new one gets the new certificate", True)
    with open(f"{WORK}/first.pem", "w", encoding="ascii") as file:
        file.write("no certificate")
    seen = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    line = daemon.wait_for(r"\breload failed\b", start=seen)
    check("a certificate that cannot be used is named, and the old one stays", line and "first.pem" in line, line)
    with in_tls(daemon, server_name="mx.example.org", context=trusting("renewed")):
        check("as one sees", True)

    # Handshakes that fail.
    with Client(daemon.smtp) as client:
        check("STARTTLS is offered", offered(client))
        client.cmd("STARTTLS")
        client.send(b"this is no ClientHello\r\n")
        check("garbage instead of a handshake is closed", until(lambda: client.sock.recv(4096) == b""))
    with Client(daemon.smtp) as client:
        check("that peer is not offered STARTTLS again", not offered(client))
        same("but may send in the clear", client.deliver(["clear@example.test"], MESSAGE).code, 250)
    same("which the message tells", newest(api, "clear")["tls"], "")
    check("the log tells of the failure", daemon.wait_for(r"\btls session=\S+ peer=127.0.0.1 result=failed error=", 5))
    with socket.create_connection(daemon.smtp_tls.rsplit(":", 1)) as raw:
        raw.sendall(b"EHLO client.test\r\n")
        raw.settimeout(10)
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
        same("who speaks in the clear to implicit TLS is closed, without a word in the clear", answer, b"")
    _, _, text = api.get("/metrics")
    check("handshakes are counted", b'maildrop_smtp_tls_handshakes_total{result="failed"} 2' in text)
    daemon.stop()

with Daemon({"tls.self_signed": "true"}) as daemon:
    def is_known():
        with Client(daemon.smtp) as again:
            return not offered(again)

    check("who failed is known after a restart, as soon as the ledger has been asked", until(is_known))
    daemon.stop()

with Daemon({"tls.self_signed": "true", "tls.retry_after": "0", "tls.min_version": "1.3", "tls.handshake_timeout": "1s"}) as daemon:
    with Client(daemon.smtp) as client:
        check("tls.self_signed offers STARTTLS", offered(client))
        client.cmd("STARTTLS")
        try:
            client.start_tls(context=old)
            check("tls.min_version refuses TLS 1.2", False)
        except ssl.SSLError as error:
            check("tls.min_version refuses TLS 1.2", "PROTOCOL_VERSION" in str(error).upper().replace(" ", "_"), error)
    with in_tls(daemon) as client:
        same("tls.retry_after = 0 offers it all the same", client.sock.version(), "TLSv1.3")
    with Client(daemon.smtp) as client:
        offered(client)
        client.cmd("STARTTLS")
        check("a silent handshake is ended", until(lambda: client.sock.recv(4096) == b"", 10))
    with in_tls(daemon) as client:
        daemon.signal(signal.SIGTERM)
        same("a drain says 421 within TLS", client.reply().code, 421)
        check("and goodbye", client.line() is None)
    same("and ends", daemon.wait(), 0)

for name, settings, wanted in [
        ("smtp.listen_tls without a certificate", {"smtp.listen_tls": "127.0.0.1:0"}, "smtp.listen_tls"),
        ("a key too many", {"tls.certificates": f"{WORK}/second.pem", "tls.keys": f"{WORK}/second.key,{WORK}/x.key"}, "tls.keys"),
        ("a certificate that is not there", {"tls.certificates": f"{WORK}/none.pem"}, f"{WORK}/none.pem': No such file"),
        ("a relative path", {"tls.certificates": "second.pem"}, "absolute")]:
    status, _, error = maildrop("config", "check", settings=settings)
    check(f"config check refuses {name}", status == 78 and wanted in error, error)
    status, _, error = maildrop("serve", settings=settings)
    check("and so does serve", status == 78 and wanted in error, error)
finish()

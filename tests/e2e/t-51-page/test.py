"""The browser does what it does (browser.cjs), and asks for mail by a line of its output: {"deliver": [INBOX, MAIL]}."""
import json
import os
import shutil
import subprocess

from e2e import Daemon, check, finish
from smtp import crlf, deliver

CODE = """From: Acme ID <no-reply@id.acme.example>\r
To: you@example.test\r
Subject: Your sign-in code\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Hi,\r
\r
your sign-in code is 482913. It is good for 10 minutes.\r
Or sign in by this link: https://id.acme.example/signin?token=f00ba4\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<body style="font-family: sans-serif"><h2>Sign in to Acme</h2><p>Your sign-in code is</p>\r
<p style="font-size: 32px; letter-spacing: 6px"><b>482913</b></p><p>It is good for 10 minutes, or\r
<a href="https://id.acme.example/signin?token=f00ba4">sign in by this link</a>.</p>\r
<script>document.title = "ran"</script></body>\r
--b--\r
"""
SALE = """From: Nordwind Outdoor <news@nordwind.example>\r
Subject: Up to 40% off: the autumn sale starts today, and members are the first to know all about it\r
Content-Type: text/html; charset=utf-8\r
\r
<body style="background: #f3efe8"><img src="https://cdn.nordwind.example/logo.png" alt="Nordwind"><h1>The autumn\r
sale</h1><p>Jackets, boots and tents: up to <b>40% off</b>.</p><a href="https://nordwind.example/u">Unsubscribe</a>\r
<img src="https://t.track.example/o.gif?u=7" width="1" height="1"></body>\r
"""
BUILD = """From: Build server <ci@builds.example>\r
Subject: Nightly build 4711: all stages green\r
\r
The report: https://builds.example/4711/report (kept for 14 days).\r
"""
FILES = """From: =?utf-8?q?Maria_Lindstr=C3=B6m?= <maria@lindstrom.example>\r
Subject: =?utf-8?q?Bilderna_fr=C3=A5n_i_l=C3=B6rdags?=\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=m\r
\r
--m\r
Content-Type: text/plain; charset=utf-8\r
\r
Hej! Bilderna kommer med.\r
--m\r
Content-Type: image/jpeg; name="bild.jpg"\r
Content-Disposition: attachment; filename="bild.jpg"\r
Content-Transfer-Encoding: base64\r
\r
/9j/4AAQSkZJRgABAQEASABIAAD=\r
--m--\r
"""
MAILS = {"code": CODE, "sale": SALE, "build": BUILD, "files": FILES}

with Daemon({"inbox.alias": "true", "inbox.alias_key": "11" * 32, "api.hosts": "127.0.0.1,mail.test"}) as daemon:
    browser = subprocess.Popen(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.cjs")],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "CHROMIUM": shutil.which("chromium"), "BASE": f"http://{daemon.api}"})
    done = False
    for line in browser.stdout:
        said = json.loads(line)
        if "deliver" in said:
            inbox, mail = said["deliver"]
            deliver(daemon.smtp, [f"{inbox}@example.test"], crlf(MAILS[mail].encode()))
            browser.stdin.write("\n")
            browser.stdin.flush()
        elif "check" in said:
            check(said["check"], said["passed"], said.get("detail", ""))
        done = done or "done" in said
    check("the browser came to its end", browser.wait() == 0 and done)
    daemon.stop()
finish()

"""Each file of tests/mail/html comes as a mail. Its page is loaded by itself, in the frames of a page of ours (by address
and as srcdoc), and, without any of its policies, from elsewhere. Nothing may happen. Last, the file as it was sent is
loaded: there the same eyes must see scripts and requests."""
import base64
import glob
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

from e2e import ROOT, Api, Daemon, check, finish, same
from smtp import crlf, deliver


class Canary(http.server.BaseHTTPRequestHandler):
    """Counts what it is asked for, and serves `pages` to who asks for one by its path."""
    pages, hits = {}, []

    def do_GET(self):
        page = self.pages.get(self.path)
        if page is None and not self.path.startswith("/raw/") and self.path != "/favicon.ico":
            self.hits.append(self.path)
        try:
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page or b"")
        except ConnectionError:  # a page that leads away does not wait for what it asked for
            pass

    do_POST = do_GET

    def log_message(self, *_):
        pass


def mail(name, body):
    """Base64, so that NUL and lone CR come through."""
    charset = "utf-7" if name == "20-charsets" else "utf-8"
    return crlf(f"From: a@example.org\r\nSubject: {name}\r\nContent-Type: text/html; charset={charset}\r\n"
                f"Content-Transfer-Encoding: base64\r\n\r\n".encode() + base64.encodebytes(body))


def browse(jobs):
    done = subprocess.run(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.cjs")],
                          input=json.dumps({"jobs": jobs}).encode(), capture_output=True, timeout=120,
                          env={**os.environ, "CHROMIUM": shutil.which("chromium")})
    if not check("the browser came to its end", done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]):
        finish()
    return json.loads(done.stdout)


def without_policy(page):
    bare, count = re.subn(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    same("the page has its policy once", count, 1)
    return bare


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)
threading.Thread(target=server.serve_forever, daemon=True).start()
canary = f"127.0.0.1:{server.server_port}"

corpus = {os.path.basename(path)[:-5]: open(path, "rb").read().replace(b"canary.example", canary.encode())
          for path in sorted(glob.glob(f"{ROOT}/tests/mail/html/*.html"))}
check("there is a corpus", len(corpus) >= 25)

# What decodes to NUL is an attachment where those are stripped.
with Daemon({"limits.exempt": "127.0.0.1", "mail.attachments": "keep"}) as daemon, Api(daemon.api) as api:
    jobs, whole = [], 0
    for name, body in corpus.items():
        inbox = "html-" + name
        deliver(daemon.smtp, [f"{inbox}@example.test"], mail(name, body))
        path = f"/api/v3/mailboxes/{inbox}/latest/html"
        status, headers, page = api.get(path)
        same(f"{name} has a page", (status, headers.get("content-type")), (200, "text/html; charset=utf-8"))
        url = f"http://{daemon.api}{path}"
        Canary.pages[f"/bare/{name}"] = without_policy(page)
        Canary.pages[f"/raw/{name}"] = body
        text = "after" if b"<p>after</p>" in page else ""
        whole += text != ""
        frames = (f'<!DOCTYPE html><iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="{path}"></iframe>'
                  f'<iframe sandbox srcdoc="{html.escape(page.decode())}"></iframe>')
        jobs += [{"name": f"{name} by itself", "url": url, "text": text},
                 {"name": f"{name} in frames", "url": f"http://{daemon.api}/frames-of/{name}", "frame": frames, "framed": url, "text": text},
                 {"name": f"{name} without policies", "url": f"http://{canary}/bare/{name}", "text": text}]
    check("what stands behind the trick is shown, where a browser would show it", whole >= 2, f"{whole} of {len(corpus)}")
    jobs.append({"name": "elsewhere", "url": f"http://{canary}/frames-of-others", "frame": f'<iframe src="{url}"></iframe>',
                 "framed": url, "text": ""})
    done = browse(jobs)
    refused = done.pop("elsewhere")
    check("a page of another site may not frame it", any(each.startswith("frame at chrome-error:") for each in refused), refused)
    for name, happened in done.items():
        same(name, happened, [])
    same("the canary was asked for nothing", Canary.hits, [])

    seen = browse([{"name": name, "url": f"http://{canary}/raw/{name}", "loose": True} for name in corpus])
    scripts = [name for name, happened in seen.items() if any(each.startswith("console: ran ") for each in happened)]
    asked = {match.group(1) for match in (re.match(r"/(\d\d)", hit) for hit in Canary.hits) if match}
    print(f"  as sent, {len(scripts)} of {len(corpus)} ran scripts, and {len(asked)} made {len(Canary.hits)} requests")
    check("as sent, many run scripts", len(scripts) >= 10, seen)
    check("as sent, many ask the canary", len(asked) >= 10, sorted(asked))
    daemon.stop()
server.shutdown()
finish()

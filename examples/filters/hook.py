#!/usr/bin/env python3
"""hook.py PORT: a service that maildrop asks about mail, with filter.http.url = "http://127.0.0.1:PORT/"."""
import http.server
import json
import sys


def judge(mail):
    subjects = [value for name, value in mail["headers"] if name.lower() == "subject"]
    if any("casino" in subject.lower() for subject in subjects):
        return {"action": "reject", "reply": "5.7.1 no games here", "reason": "a casino"}
    return {"score": 1, "reason": "no subject"} if not subjects else {}


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True  # connections are kept, and answers sent at once

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(judge(question)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()

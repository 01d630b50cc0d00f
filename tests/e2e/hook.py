"""hook.py: a service that filter.http asks."""
import http.server
import json
import threading


class Service:
    """Answers what a test says, and keeps what it was asked."""

    def __init__(self):
        self.asked, self.connections, self.answer, self.hangs = [], 0, {}, threading.Event()
        self.hangs.set()  # cleared: it hangs
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

            def setup(self):
                service.connections += 1
                super().setup()

            def do_POST(self):
                service.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                service.hangs.wait(60)
                answer = service.answer if isinstance(service.answer, bytes) else json.dumps(service.answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who was not waited for finds nobody
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/mail"

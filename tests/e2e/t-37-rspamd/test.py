"""rspamd: what it hears of mail, what its answers do, and mail while it hangs or is dead."""
import ctypes
import os
import re
import signal
import socket
import subprocess

from e2e import WORK, Daemon, check, finish, same, until
from judged import ready, send, why

SETTINGS = {"limits.exempt": "", "dns.servers": "127.0.0.1:1"}
SETTINGS |= {f"filter.{name}.mode": "off" for name in ("reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "spf", "dkim", "dmarc", "bounce", "size", "headers", "content", "greylist")}
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
# No DNS, no store of its own, no rules: one symbol for a subject, and one that wants mail later.
CONFIGURATION = """
options {{
  filters = "regexp";
  url_tld = "{folder}/tld";
  tempdir = "{folder}";
  cache_file = "{folder}/symbols.cache";
  hs_cache_dir = "{folder}";
  history_file = "{folder}/history";
  dynamic_conf = "{folder}/dynamic";
  control_socket = "{folder}/control.sock mode=0600";
  disable_hyperscan = true;
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
lua = "{folder}/rules.lua";
"""
RULES = """
local function subject(name, word, score)
  rspamd_config:register_symbol{ name = name, score = score, type = "normal", callback = function(task)
    local said = task:get_subject() or ""
    if said:find(word, 1, true) then return true end
  end}
end
subject("SUBJECT_PILLS", "pills", 7)
subject("SUBJECT_OFFER", "offer", 4.5)
rspamd_config:register_symbol{ name = "LATER", type = "prefilter", callback = function(task)
  if (task:get_subject() or ""):find("later", 1, true) then task:set_pre_result("soft reject", "come back at noon") end
end}
"""


def end_when_parent_does():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG; killed, it would leave its workers behind


class Rspamd:
    def __init__(self):
        self.folder = f"{WORK}/rspamd"
        os.makedirs(self.folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        for name, text in (("tld", "com\norg\ntest\n"), ("rules.lua", RULES), ("conf", CONFIGURATION.format(folder=self.folder, port=self.port))):
            with open(f"{self.folder}/{name}", "w") as file:
                file.write(text)
        self.start()

    def start(self):
        as_root = ["-i"] if os.getuid() == 0 else []
        with open(f"{self.folder}/console", "ab") as console:
            self.process = subprocess.Popen(["rspamd", *as_root, "-f", "-c", f"{self.folder}/conf"], stdout=console,
                                            stderr=console, preexec_fn=end_when_parent_does)
        if not until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, 20):
            raise RuntimeError("rspamd does not start:\n" + self.log())

    def log(self):
        texts = []
        for name in ("console", "log"):
            if os.path.exists(f"{self.folder}/{name}"):
                with open(f"{self.folder}/{name}", errors="replace") as file:
                    texts.append(file.read()[-6000:])
        return "".join(texts)

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def signal_workers(self, number):
        for pid in self.workers():
            os.kill(pid, number)

    def kill(self):
        if self.process.poll() is not None:
            return
        workers = self.workers()
        self.process.kill()  # before they end, as it would start others
        self.process.wait()
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))


def verdicts(rspamd):
    with Daemon(SETTINGS | {"filter.rspamd.url": rspamd.url, "filter.timeout": "1800ms"}) as server:
        same("rspamd has nothing against mail", send(server).code, 250)
        reply = send(server, body=GTUBE)
        check("GTUBE is refused in its words", reply.lines[0].startswith("550 5.7.1 Gtube pattern"), reply)
        check("and the log tells why", server.wait_for(r'why="rspamd: reject 15: GTUBE'), server.log())
        reply = send(server, subject="later")
        check("a soft reject is for now", reply.lines[0].startswith("450 4.7.1 come back at noon"), reply)
        same("what it would mark is taken", send(server, "tagged", subject="cheap pills").code, 250)
        check("and marked", "Mark: tag, score 5.83" in why("tagged"), why("tagged"))
        check("for its points and symbols", "add header 7: SUBJECT_PILLS 7" in why("tagged"), why("tagged"))
        same("what it would greylist, had it a list, is taken", send(server, "offered", subject="an offer").code, 250)
        check("and scored", "greylist 4.5: SUBJECT_OFFER 4.5" in why("offered"), why("offered"))
        line = server.wait_for(r"info message .*inbox=tagged") or ""
        session = re.search(r"session=(\S*)|$", line).group(1)
        log = rspamd.log()
        check("rspamd's log has our session", f"qid: <{session}>" in log, (line, log[-1500:]))
        check("and the envelope", "ip: 127.0.0.1" in log and "from: <a@example.org>" in log and "rcpts: <tagged@example.test>" in log, log[-1500:])
        hosts = b"".join(b"http://host-%d.%s.example.com/\r\n" % (i, b"x" * 40) for i in range(6000))
        reply = send(server, "many", subject="cheap pills", body=hosts)
        check("a message of more hosts than an answer has room for is judged, too", reply.code == 250 and "SUBJECT_PILLS" in why("many"), why("many"))
        same("null senders and large messages are no matter", send(server, sender="", body=b"x" * 70 + b"\r\n" * 20_000).code, 250)
        server.stop()


def failures(rspamd):
    settings = {"filter.rspamd.url": rspamd.url, "filter.rspamd.timeout": "300ms", "filter.rspamd.on_error": "defer"}
    with Daemon(SETTINGS | settings) as server:
        rspamd.signal_workers(signal.SIGSTOP)
        same("rspamd that hangs is not waited for", send(server).code, 450)
        for _ in range(4):
            send(server)
        rspamd.signal_workers(signal.SIGCONT)
        check("after five calls the log has it", server.wait_for(r"filters have no answers source=127\.0\.0\.1:\d+ filter=rspamd$"), server.log())
        check("and /readyz", "filters have no answers: 127.0.0.1:" in ready(server) and " (rspamd)" in ready(server), ready(server))
        check("until it goes on", until(lambda: send(server).code == 250, 20, 0.5), server.log())
        rspamd.kill()
        same("where it is dead mail is deferred, as on_error says", send(server).code, 450)
        for _ in range(4):
            send(server)
        check("of which the log has a second line", until(lambda: server.log().count("filters have no answers source=") == 2), server.log())
        rspamd.start()
        check("until it is back", until(lambda: send(server).code == 250, 20, 0.5), server.log())
        check("and /readyz is clean", "filters have no answers" not in ready(server), ready(server))
        server.stop()
    rspamd.kill()
    with Daemon(SETTINGS | {"filter.rspamd.url": rspamd.url}) as server:
        same("as it comes mail goes on without", send(server, "dead").code, 250)
        check("and what is kept tells so", "cannot connect" in why("dead"), why("dead"))
        server.stop()


if __name__ == "__main__":
    rspamd_ = Rspamd()
    try:
        verdicts(rspamd_)
        failures(rspamd_)
    finally:
        rspamd_.kill()
    finish()

"""Filters: who is refused when, what is kept of it and shown, what a reload changes, and mail without DNS."""
import concurrent.futures
import json
import re
import signal
import time

from dns import Dns
from e2e import WORK, Api, Daemon, check, finish, maildrop, same, until
from smtp import Client

MESSAGE = b"From: a@example.org\r\nSubject: hello\r\n\r\nhi\r\n"
CONFIG = f"{WORK}/filters.toml"
dns = Dns({("7.2.0.192.in-addr.arpa", "PTR"): ["mail.friend.example"], ("mail.friend.example", "A"): ["192.0.2.7"],
           ("8.2.0.192.in-addr.arpa", "PTR"): ["mail.friend.example"]})


def configure(text):
    with open(CONFIG, "w") as file:
        file.write(text)


def client(daemon, address="192.0.2.9"):
    """One that comes from there."""
    one = Client(daemon.smtp)
    same(f"XCLIENT from {address}", one.cmd(f"XCLIENT ADDR={address}").code, 220)
    return one


def send(daemon, to, address="192.0.2.9", sender="a@example.org", helo="mail.example.org"):
    """The reply to the message, or the first that refuses, with its command."""
    with client(daemon, address) as one:
        for command in (f"EHLO {helo}", f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}@example.test>", "DATA"):
            reply = one.cmd(command)
            if reply.code >= 400:
                return command.split(":")[0].split(" ")[0], reply
        one.send(MESSAGE + b".\r\n")
        return "dot", one.reply()


def why(inbox, *args):
    status, out, err = maildrop("inbox", inbox, "latest", "--why", *args, settings={"store.url": f"sqlite:{WORK}/mail.db"})
    return status, out.decode(), err


SETTINGS = {"xclient.networks": "127.0.0.0/8", "limits.exempt": "", "dns.servers": dns.address}
# What is shown of one filter is shown of all: the others would only add to the sums.
OTHERS = {f"filter.{name}.mode": "off" for name in ("reputation", "fcrdns", "dnsbl", "helo", "sender_domain", "bounce", "reserved", "size", "rate",
                                                       "greylist", "headers")}
SETTINGS |= OTHERS | {"filter.place.mode": "off", "filter.tcp.mode": "off"}  # what they say depends on the machine


def refusals(daemon):
    command, reply = send(daemon, "bob", "198.51.100.1")
    same("who is denied hears it at RCPT", (command, reply.code), ("RCPT", 550))
    found = re.fullmatch(r"550 5\.7\.1 you are not welcome here \[(\w+)\]", reply.lines[0])
    check("with an enhanced code and the id of the session", bool(found), reply)
    check("the log has the reason, the sender and the recipient", found and daemon.wait_for(
        rf'recipient session={found.group(1)} .*from=a@example\.org to=bob@example\.test result=refused .*why="access: denied by 198\.51\.100\.0/24"'), daemon.log())
    same("by a confirmed name one is allowed, whatever the sender", send(daemon, "bob", "192.0.2.7", "x@spam.example")[1].code, 250)
    command, reply = send(daemon, "bob", "192.0.2.8", "x@spam.example")
    same("who only claims it is not", (command, reply.code), ("RCPT", 550))
    same("one recipient may be denied", send(daemon, "nobody")[0], "RCPT")
    with client(daemon) as one:
        one.cmd("EHLO a")
        one.cmd("MAIL FROM:<a@example.org>")
        same("and another one not", [one.cmd(f"RCPT TO:<{to}@example.test>").code for to in ("nobody", "bob")], [550, 250])
        one.cmd("DATA")
        one.send(MESSAGE + b".\r\n")
        same("so the message is taken for him", one.reply().code, 250)


def shown(daemon):
    same("somebody of whom nothing is known", send(daemon, "bob")[1].code, 250)
    status, text, _ = why("bob")
    check("--why says who found nothing", status == 0 and text.startswith("Mark: none, score 0\n") and "Nothing at connect: access" in text, text)
    same("a sender is denied, which only counts", send(daemon, "eve", sender="x@counted.example")[1].code, 250)
    status, text, _ = why("eve")
    lines = text.splitlines()
    same("--why: mark and score", (status, lines[0]), (0, "Mark: tag, score 7"))
    check("and who found what", any(re.fullmatch(r"mail +access +score +reject +7 +\d+  denied by from:@counted\.example", line) for line in lines), text)
    status, text, _ = why("eve", "--json")
    same("as JSON", (status, json.loads(text)["filters"][0]["filter"]), (0, "access"))
    status, text, _ = maildrop("inbox", "eve", "latest", "--json", settings={"store.url": f"sqlite:{WORK}/mail.db"})
    same("JSON has it too", json.loads(text)["verdicts"]["filters"][0]["reason"], "denied by from:@counted.example")
    check("the list shows the mark", b"[tag] hello" in maildrop("inbox", "eve", settings={"store.url": f"sqlite:{WORK}/mail.db"})[1])
    with Api(daemon.api) as api:
        message = api.json("/api/v3/mailboxes/eve")["messages"][0]
        same("so does the API", (message["mark"], message["score"]), ("tag", 7))
        told = api.json("/api/v3/mailboxes/eve/latest/verdicts")
        same("and it tells why", (told["mark"], told["filters"][0]["filter"], told["silent"]["connect"]), ("tag", "access", ["access"]))
    text = maildrop("inbox", "eve", "latest", "--json", "--api", f"http://{daemon.api}")[1]
    same("and to inbox, too", json.loads(text)["verdicts"], told)
    there = maildrop("inbox", "eve", "latest", "--why", "--api", f"http://{daemon.api}")
    same("the client shows the same", there[1].decode(), why("eve")[1])
    with Client(daemon.lmtp) as one:
        one.cmd("LHLO a")
        one.cmd("MAIL FROM:<x@counted.example>")
        one.cmd("RCPT TO:<own@example.test>")
        one.cmd("DATA")
        one.send(MESSAGE + b".\r\n")
        same("who delivers by LMTP is not judged", one.reply().code, 250)
    status, text, err = why("own")
    check("and --why says so", (status, text) == (1, "") and "no filter judged" in err and "by LMTP" in err, (status, text, err))


def dead(daemon):
    """Nothing answers. Each session goes on without, and the log has one line."""
    dns.silent = True
    many = [f"192.0.2.{i}" for i in range(100, 160)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(lambda address: send(daemon, "dead", address)[1].code, many))
    same("without DNS all mail is taken", codes, [250] * len(many))
    time.sleep(10.5)  # a burst is no outage
    same("still", send(daemon, "dead", "192.0.2.160")[1].code, 250)
    check("the log says that there are no answers", daemon.wait_for(r'filters have no answers source=dns'), daemon.log())
    with Api(daemon.api) as api:
        check("and so do the metrics", b'maildrop_filter_outage{source="dns"} 1' in api.get("/metrics")[2])
        same("and /readyz, which stays 200", api.get("/readyz")[::2], (200, b"ok\nfilters have no answers: dns\n"))
        counted = re.findall(rb'maildrop_filter_findings_total{filter="access",result="(.*?)"} (\d+)', api.get("/metrics")[2])
        check("which count what filters find", int(dict(counted).get(b"failed", 0)) >= len(many), counted)
    status, text, _ = why("dead")
    check("--why says who could not tell", re.search(r"connect +access +enforce +cannot tell +0 +\d+  the DNS does not say", text), text)
    dns.silent = False
    # A server that was dead is asked again by and by.
    back = until(lambda: send(daemon, "bob", "192.0.2.7")[1].code == 250 and daemon.wait_for(r"filters have answers again source=dns", 0.2), 60)
    check("when it is back, the log says so", back, daemon.log())
    same("once each", sum("filters have" in line for line in daemon.lines), 2)


def asks(daemon):
    """Filters that ask the DNS, as far as clients hear of them."""
    dns.zone |= {("2.0.0.127.bl.example", "A"): ["127.0.0.2"], ("9.2.0.192.bl.example", "A"): ["127.0.0.3"],
                 ("friend.example", "MX"): ["10 mail.friend.example"]}
    command, reply = send(daemon, "listed", sender="a@friend.example")
    check("who is listed hears by whom", command == "RCPT" and re.fullmatch(r"550 5\.7\.1 listed by bl\.example \[\w+\]", reply.lines[0]), reply)
    command, reply = send(daemon, "nobody", "192.0.2.7", "a@nowhere.example")
    check("who has no domain, too", command == "RCPT" and reply.lines[0].startswith("550 5.1.8 the domain of the sender does not exist ["), reply)
    same("others do not", send(daemon, "seen", "192.0.2.7", "a@friend.example", "mail.friend.example")[1].code, 250)
    text = why("seen")[1]
    check("--why says what was found", re.search(r"helo +helo +score +pass +-0\.5 +\d+  has the client's address", text)
          and re.search(r"mail +sender_domain +enforce +pass +4 +\d+  MX with reserved addresses only", text)
          and "Nothing at connect: access, fcrdns, dnsbl" in text, text)


LISTS = """[filter.access]
allow = ["client:mail.friend.example"]
deny = ["198.51.100.0/24", "from:@spam.example", "to:nobody@"]
"""
configure(LISTS)
with Daemon({**SETTINGS, "lmtp.listen": f"unix:{WORK}/lmtp"}, command=("serve", "--config", CONFIG)) as daemon:
    refusals(daemon)
    configure(LISTS.replace("@spam", "@counted") + 'mode = "score"\n')
    start = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    check("a reload takes lists and modes up", daemon.wait_for(r"\breloaded\b", start=start), daemon.log())
    same("who was denied before is not", send(daemon, "bob", "198.51.100.1")[1].code, 250)
    shown(daemon)
    configure(LISTS.replace("198.51.100.0/24", "198.51.100.0/99"))
    start = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    check("a reload with a wrong list changes nothing", daemon.wait_for(r"reload failed.*filter\.access\.deny: '198\.51\.100\.0/99' is no network", start=start), daemon.log())
    same("and mail goes on", send(daemon, "bob")[1].code, 250)
    same("it ends as ever", daemon.stop(), 0)

configure(LISTS)
with Daemon({**SETTINGS, "filter.timeout": "100ms"}, command=("serve", "--config", CONFIG)) as daemon:
    dead(daemon)
    daemon.stop()

with Daemon({**SETTINGS, "filter.access.deny": "198.51.100.0/24,helo:/^bad/,from:/^drop/", "filter.access.action": "discard"}) as daemon:
    same("what is discarded is taken", send(daemon, "gone", sender="drop@example.org")[1].code, 250)
    check("and the log says why", daemon.wait_for(r'why="access: denied by from:/\^drop/"'), daemon.log())
    with Api(daemon.api) as api:
        same("and is nowhere", api.messages("gone"), [])
    daemon.stop()
with Daemon({**SETTINGS, "filter.access.deny": "198.51.100.0/24,helo:/^bad/", "filter.decide_at": "phase"}) as daemon:
    with Client(daemon.smtp) as one:
        same("at once: no greeting", one.cmd("XCLIENT ADDR=198.51.100.1").code, 554)
    same("nor a HELO", send(daemon, "bob", helo="bad.example")[0], "EHLO")
    daemon.stop()
with Daemon({**SETTINGS, **dict.fromkeys(OTHERS, "score"), "filter.dnsbl.lists": "bl.example=2", "filter.dnsbl.mode": "enforce",
             "filter.sender_domain.mode": "enforce"}) as daemon:
    asks(daemon)
    daemon.stop()

status, _, err = maildrop("config", "check", settings={"filter.dnsbl.lists": "bl.example/128.0.0.1"})
check("codes that are none are told", status == 78 and "filter.dnsbl.lists: 'bl.example/128.0.0.1' cannot be read" in err, err)
status, _, err = maildrop("config", "check", settings={"filter.access.deny": "helo:/(/"})
check("an expression that is none is told", status == 78 and "filter.access.deny: '(' is no expression" in err, err)
finish()

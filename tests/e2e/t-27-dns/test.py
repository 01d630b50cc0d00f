"""maildrop dns: records, words and statuses; the doctor asks the same way."""
import json
import socket

from dns import SERVFAIL, Dns
from e2e import check, finish, maildrop, same

server = Dns({("mail.example", "A"): ["192.0.2.9", "192.0.2.1"], ("mail.example", "AAAA"): ["2001:db8::1"],
              ("example", "MX"): ["20 b.example", "10 mail.example"], ("null.example", "MX"): ["0 "],
              ("example", "TXT"): ["v=spf1 -all", b"esc \x1b[31m \"quoted\""],
              ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.example"], ("broken.example", "A"): SERVFAIL,
              ("silent.example", "A"): None})
SETTINGS = {"dns.servers": server.address, "dns.timeout": "1s"}


def ask(*args, settings=SETTINGS):
    status, out, err = maildrop("dns", *args, settings=settings)
    return status, out.decode(), err


same("addresses, one a line", ask("mail.example")[:2], (0, "192.0.2.1\n192.0.2.9\n"))
same("of a type in any case", ask("MAIL.Example.", "aAAa")[:2], (0, "2001:db8::1\n"))
same("MX by preference", ask("example", "mx")[:2], (0, "10 mail.example\n20 b.example\n"))
same("a null MX", ask("null.example", "mx")[:2], (0, "0 .\n"))
same("text is quoted, and nothing for the terminal", ask("example", "txt")[:2],
     (0, '"esc \\027[31m \\"quoted\\""\n"v=spf1 -all"\n'))
same("an address has a name", ask("192.0.2.1")[:2], (0, "mail.example\n"))
status, out, err = ask("mail.example")
check("who answered is on standard error", f"mail.example A: by {server.address}, in " in err and "good for 5m" in err, err)
status, out, err = ask("none.example")
check("no such name is status 1", (status, out) == (1, "") and "no such name" in err, (status, err))
status, out, err = ask("mail.example", "mx")
check("so are no such records", (status, out) == (1, "") and "no such records" in err, (status, err))
status, out, err = ask("broken.example")
check("a server that fails is status 75", (status, out) == (75, "") and "no answer" in err, (status, err))
status, out, err = ask("silent.example")
check("so is one that says nothing, in time", (status, out) == (75, "") and "no answer within 1s" in err, (status, err))
for args in (("a\\b",), ("a..b",), ("b\u00fccher.example",), ("mail.example", "any"), ()):
    status, out, err = ask(*args)
    check(f"what is no question is refused: {args}", status == 64 and "maildrop dns --help" in err, (status, err))

answer = json.loads(ask("mail.example", "--json")[1])
took = answer.pop("milliseconds")
same("as JSON", answer, {"schema": "maildrop.dns/1", "name": "mail.example", "type": "A", "status": "found",
                         "records": ["192.0.2.1", "192.0.2.9"], "source": "servers", "age": 0, "ttl": 300})
status, out, _ = ask("silent.example", "--json")
same("a failure, too", (status, json.loads(out)["status"], "ttl" in out), (75, "timed_out", False))
same("loopback is known without a server", json.loads(ask("localhost", "--json", settings={"dns.timeout": "100ms"})[1])["source"], "cache")
status, _, err = ask("x.example", settings={"dns.servers": "resolver.example"})
check("a server is an address", status == 78 and "dns.servers: 'resolver.example' is not an address" in err, err)

_, report, _ = maildrop("doctor", "--json", settings={**SETTINGS, "mail.domains": "example, gone.example, null.example", "smtp.hostname": "mail.example",
                                                "store.url": "memory:"})
found = [(each["level"], each["what"]) for each in map(json.loads, report.splitlines()) if each["check"] == "dns"]
same("the doctor asks for each domain", [level for level, _ in found], ["ok", "error", "error"])
check("and says where its mail goes", found[0][1] == "mail for example goes to mail.example, b.example", found)
finish()

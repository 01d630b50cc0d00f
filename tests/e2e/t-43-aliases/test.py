"""Addresses that hide their inbox, with the real server, command line and key file."""
import hashlib
import hmac
import json
import os
import signal

from e2e import WORK, Api, Daemon, check, finish, maildrop, same
from smtp import Client

NAME = "a-hidden-name"
KEY, NEXT = "11" * 32, "22" * 32
KEY_FILE = f"{WORK}/alias.key"
ALIASES = {"inbox.alias": "true", "inbox.alias_key_file": KEY_FILE}
SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789._-="
BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


def write_keys(*keys):
    with open(KEY_FILE, "w", encoding="ascii") as file:
        file.write("".join(key + "\n" for key in keys))
    os.chmod(KEY_FILE, 0o600)


def digest(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def made_elsewhere(name, day, nonce=b"\1\2\3\4"):
    """An alias as maildrop-alias(1) tells, by another program."""
    key, number = bytes.fromhex(KEY), 0
    for c in name:
        number = number * 40 + SYMBOLS.index(c) + 1
    number = (number * 65536 + day) * 4 + 2
    content = number.to_bytes(next(size for size in (11, 20, 29) if number < 256 ** size), "big")
    head = digest(key, b"maildrop alias id")[:1] + nonce
    head += digest(digest(key, b"maildrop alias tag"), head + b"\0" + content)[:4]
    stream = digest(digest(key, b"maildrop alias cipher"), head)
    whole = head + bytes(a ^ b for a, b in zip(content, stream))
    bits = "".join(f"{byte:08b}" for byte in whole)
    bits += "0" * (-len(bits) % 5)
    return "d-" + "".join(BASE32[int(bits[i:i + 5], 2)] for i in range(0, len(bits), 5))


def alias(*args):
    status, out, err = maildrop("alias", *args, settings=ALIASES)
    check(f"maildrop alias {' '.join(args)}", status == 0, err)
    return out.decode().strip()


def send(address, *aliases, lmtp=False, subject="x"):
    """All that was heard of each recipient; then the message for those who were accepted."""
    with Client(address) as client:
        client.cmd("LHLO a" if lmtp else "EHLO a")
        client.cmd("MAIL FROM:<s@example.test>")
        heard = [client.cmd(f"RCPT TO:<{each}@example.test>") for each in aliases]
        if any(reply.code == 250 for reply in heard):
            client.cmd("DATA")
            client.send(b"Subject: " + subject.encode() + b"\r\n\r\nx\r\n.\r\n")
            heard.append(client.reply())
        for reply in heard:
            check("no reply names the inbox", NAME not in " ".join(reply.lines), reply)
        return [" ".join(reply.lines)[:9] for reply in heard]


def reload(daemon, pattern):
    start = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    return check(f"reload: {pattern}", daemon.wait_for(pattern, start=start), daemon.log())


def refused_start(settings):
    with Daemon(settings, wait=False) as daemon:
        return daemon.wait(), daemon.log()


# --- without a key nothing starts ---
status, log = refused_start({"inbox.alias": "true"})
same("no key: status", status, 78)
check("no key: told which setting", "inbox.alias needs a key: set inbox.alias_key" in log, log)
write_keys(KEY[:-2])
status, log = refused_start(ALIASES)
same("a short key: status", status, 78)
check("a short key: told where, and not repeated", "line 1 is no key" in log and "1111" not in log, log)
status, _, err = maildrop("config", "check", settings={"inbox.alias": "true"})
check("config check: no key", status == 78 and "needs a key" in err, err)

# --- made by the command line and the API, written to by SMTP and LMTP ---
write_keys(KEY)
with Daemon(ALIASES | {"lmtp.listen": "127.0.0.1:0"}) as daemon, Api(daemon.api) as api:
    by_hand = alias(NAME)
    http, headers, body = api.get(f"/api/v3/mailboxes/{NAME}/alias?expires=7d")
    by_api = json.loads(body)["alias"]
    same("API: an alias", (http, headers["cache-control"], json.loads(body)["inbox"]), (200, "no-store", NAME))
    check("they differ", by_hand != by_api and len(by_hand) == len(by_api), (by_hand, by_api))
    same("SMTP takes it", send(daemon.smtp, by_hand, subject="one"), ["250 2.1.5", "250 2.0.0"])
    same("LMTP takes it", send(daemon.lmtp, by_api.upper(), lmtp=True, subject="two"), ["250 2.1.5", "250 2.0.0"])
    same("both are there, and tell how they came",
         [(each["subject"], each["to"]) for each in api.messages(NAME)],
         [("two", by_api.upper() + "@example.test"), ("one", by_hand + "@example.test")])
    raw = api.raw(NAME, "latest")
    check("the message names the alias alone", by_api.upper().encode() in raw and NAME.encode() not in raw, raw)
    same("read by the alias there is nothing", api.messages(by_hand), [])
    same("nor at the hosted clients' address", api.json(f"/v2/mailbox/{by_hand}")["messages"], [])

    forged = by_hand[:-1] + ("0" if by_hand[-1] != "0" else "1")
    same("forged: refused", send(daemon.smtp, forged), ["550 5.1.1"])
    check("the log tells why", daemon.wait_for(rf"recipient .*to={forged}@example\.test .*code=550 reason=alias"), daemon.log())
    same("like an alias: an inbox as ever", send(daemon.smtp, "d-plain-name"), ["250 2.1.5", "250 2.0.0"])
    same("of a reserved name: none in public", api.get("/api/v3/mailboxes/postmaster/alias")[0], 403)

    # --- expiry, by another program's reckoning of the format ---
    same("made elsewhere: explained alike",
         json.loads(maildrop("alias", "--explain", made_elsewhere(NAME, 60000), "--json", settings=ALIASES)[1])["inbox"], NAME)
    same("good until its day", send(daemon.smtp, made_elsewhere(NAME, 60000)), ["250 2.1.5", "250 2.0.0"])
    same("expired: refused", send(daemon.smtp, made_elsewhere(NAME, 19000)), ["550 5.1.1"])
    status, out, _ = maildrop("alias", "--explain", made_elsewhere(NAME, 19000), settings=ALIASES)
    check("expired: explained", status == 1 and f"inbox    {NAME}\n".encode() in out and b"expired  2022-01-08" in out, out)

    # --- a new key, then the old one goes; a broken file changes nothing ---
    write_keys(NEXT, KEY)
    reload(daemon, r"\breloaded\b")
    fresh = alias(NAME)
    before = len(api.messages(NAME))
    same("both keys: both are good", send(daemon.smtp, by_hand, fresh), ["250 2.1.5", "250 2.1.5", "250 2.0.0"])
    same("and it is one copy", len(api.messages(NAME)), before + 1)
    write_keys(NEXT)
    reload(daemon, r"\breloaded\b")
    same("revoked: refused", send(daemon.smtp, by_hand, fresh), ["550 5.1.1", "250 2.1.5", "250 2.0.0"])
    write_keys("oops")
    reload(daemon, r"reload failed, the old configuration stays.*line 1 is no key")
    same("the old key stays", send(daemon.smtp, fresh), ["250 2.1.5", "250 2.0.0"])
    write_keys()
    reload(daemon, r"reload failed, the old configuration stays.*inbox\.alias needs a key")
    write_keys(NEXT)
    check("no log line has a key", not any(KEY in line or NEXT in line for line in daemon.lines))
    daemon.stop()

# --- who may look at the key, and what explain makes of an alias ---
os.chmod(KEY_FILE, 0o644)
_, out, _ = maildrop("doctor", "--problems", settings=ALIASES)
check("doctor: everybody can read the key", f"aliases       everybody on this machine can read '{KEY_FILE}'" in out.decode(), out)
with open(f"{WORK}/maildrop.toml", "w", encoding="ascii") as file:
    file.write(f'[inbox]\nalias = true\nalias_key = """\n{NEXT}\n{KEY}\n"""\n')
os.chmod(f"{WORK}/maildrop.toml", 0o644)
_, out, _ = maildrop("doctor", "--problems", "--config", f"{WORK}/maildrop.toml")
check("doctor: the same of a file of settings", f"everybody on this machine can read '{WORK}/maildrop.toml'" in out.decode(), out)
os.chmod(f"{WORK}/maildrop.toml", 0o640)
_, out, _ = maildrop("doctor", "--config", f"{WORK}/maildrop.toml")
check("doctor: all is well", b"ok       aliases       2 keys\n" in out, out)
_, out, _ = maildrop("config", "show", settings=ALIASES)
check("config show keeps the key to itself", b"# inbox.alias_key is not shown" in out and NEXT.encode() not in out, out)
status, out, err = maildrop("explain", "--ip", "192.0.2.1", "--to", fresh, settings=ALIASES)
check("explain takes an alias", status == 0, err)
status, out, err = maildrop("explain", "--ip", "192.0.2.1", "--to", forged, settings=ALIASES)
check("explain refuses a forged one as the server does", status != 0 and "550 5.1.1" in err, err)

# --- classic ones, for who comes from an older service: the modifier from a file, and no key at all ---
def classic(name, modifier):
    """What the older service made: "d-" + base36(int("1" + reverse(decimal(int36(name)))) + modifier)."""
    number, digits = int("1" + str(int(name, 36))[::-1]) + modifier, ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return "d-" + digits


MODIFIER, OLD = 20190422, "oldfriend77"
with open(f"{WORK}/classic.modifier", "w", encoding="ascii") as file:
    file.write(f"{MODIFIER}\n")
CLASSIC = {"inbox.classic_alias_modifier_file": f"{WORK}/classic.modifier"}
status, out, err = maildrop("alias", "--classic", OLD, settings=CLASSIC)
same("classic: as Python reckons it", (status, out.decode().strip()), (0, classic(OLD, MODIFIER)))
with Daemon(CLASSIC) as daemon, Api(daemon.api) as api:
    old = classic(OLD, MODIFIER)
    same("classic: SMTP takes them, and names as ever", send(daemon.smtp, "D-" + old[2:], classic("postmaster", MODIFIER), "d-plain"),
         ["250 2.1.5", "250 2.1.5", "250 2.1.5", "250 2.0.0"])
    same("classic: it is in its inbox, and read by the alias there is nothing",
         [len(api.messages(name)) for name in (OLD, old, "d-plain")], [1, 0, 1])
    check("classic: the message names the alias alone", OLD.encode() not in api.raw(OLD, "latest"))
    same("classic: a reserved one stays so", api.get("/api/v3/mailboxes/postmaster")[0], 403)
    same("classic: none are made over HTTP", api.get(f"/api/v3/mailboxes/{OLD}/alias")[0], 404)
    status, _, err = maildrop("explain", "--ip", "192.0.2.1", "--to", old, settings=CLASSIC)
    check("classic: explain takes it", status == 0, err)
    daemon.stop()

# --- off: no such path, and names as ever ---
with Daemon() as daemon, Api(daemon.api) as api:
    same("off: no aliases over HTTP", api.get(f"/api/v3/mailboxes/{NAME}/alias")[0], 404)
    same("off: any name is an inbox", send(daemon.smtp, fresh), ["250 2.1.5", "250 2.0.0"])
    status, _, err = maildrop("alias", NAME)
    check("off: none by the command line", status == 78 and "aliases are off (inbox.alias)" in err, err)
    daemon.stop()
finish()

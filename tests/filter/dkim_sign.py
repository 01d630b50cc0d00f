"""dkim_sign: signs a message in all ways that dkimpy knows.

    dkim_sign.py FOLDER     reads there `message`, `rsa` (a private key as PEM) and `ed25519` (32 bytes as base64);
                            writes `1.eml` and so on; status 77 where there is no dkimpy
"""
import itertools
import pathlib
import sys

try:
    import dkim
    import nacl.signing  # noqa: F401  ed25519 needs it
except ImportError:
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
message = (folder / "message").read_bytes()
names = [b"from", b"to", b"subject", b"x-trace", b"x-trace", b"from", b"x-none"]
canons = (b"simple", b"relaxed")
ways = itertools.product((b"rsa", b"ed25519"), canons, canons, (False, True))
for i, (key, header, body, length) in enumerate(ways, 1):
    signature = dkim.sign(message, key, b"example.com", (folder / key.decode()).read_bytes().strip(),
                          identity=b"joe@mail.example.com", canonicalize=(header, body),
                          signature_algorithm=key + b"-sha256", include_headers=names, length=length)
    (folder / f"{i}.eml").write_bytes(signature + message)

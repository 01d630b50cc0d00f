"""start.py BINARY FOLDER: see start.sh."""
import os
import smtplib
import statistics
import subprocess
import sys
import time

from servers import maildrop

PROMISED_MS = 100
STARTS = min(int(os.environ.get("STARTS", "10")), 100)


def fill(binary, folder, count=2000):
    """Messages in a store named `kept`, by one connection."""
    with maildrop(binary, folder, name="kept") as server, smtplib.SMTP("127.0.0.1", server.port, "client.example.test") as client:
        for n in range(count):
            client.sendmail("a@example.test", [f"u{n}@example.test"], f"Subject: {n}\r\n\r\n{'x' * 1000}\r\n")


def time_to_ready(binary, folder, name):
    env = {"PATH": os.environ["PATH"], "HOME": folder, "MAILDROP_SMTP_LISTEN": "127.0.0.1:0", "MAILDROP_API_LISTEN": "127.0.0.1:0",
           "MAILDROP_MAIL_DOMAINS": "example.test", "MAILDROP_STORE_URL": f"sqlite:{folder}/{name}.db"}
    begin = time.monotonic()
    process = subprocess.Popen([binary, "serve"], env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for line in process.stderr:
            if b"ready" in line:
                return (time.monotonic() - begin) * 1000
        raise SystemExit("did not get ready")
    finally:
        process.terminate()
        process.stderr.read()
        process.wait(20)
        process.stderr.close()


binary, folder = sys.argv[1:3]
fill(binary, folder)
print("store\tstarts\tmedian_ms\tmin_ms\tmax_ms")
for store in ("new", "kept"):
    times = [time_to_ready(binary, folder, f"new{n}" if store == "new" else "kept") for n in range(STARTS)]
    median = statistics.median(times)
    print(f"{store}\t{STARTS}\t{median:.1f}\t{min(times):.1f}\t{max(times):.1f}")
    print(f"# ready in {median:.0f} ms (< {PROMISED_MS}: {'yes' if median < PROMISED_MS else 'NO'})")

"""Writes the samples that a dictionary is trained on: `samples.py FOLDER interleaved|by-time MODERN`, called by train.sh.

MODERN is how many synthetic mails are among them. Prints the names of the samples, in the order that they are given to
the trainer.
"""
import os
import sys

import modern
import stored

CUT = 24 * 1024  # of a mail, the transcript besides: what is further on is attachments, which teach nothing


def write(folder, split, count):
    train, _ = stored.halves(stored.corpus(), split)
    pieces = list(stored.from_corpus(train, "train")) + list(modern.mails("train", count))
    for number, (body, texts) in enumerate(pieces):
        if len(body) > CUT:
            body = body[:CUT] + body[body.rindex(b"session ", -2000):]
        for kind, data in (("body", body), ("summary", texts)):
            name = f"{number:05}-{kind}"
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            print(name)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]))

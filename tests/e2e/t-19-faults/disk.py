"""disk.py: what the preloaded library is told, what it tells, and what of it a loss of power would leave."""
import ctypes
import mmap
import os
import struct

EVENT = struct.Struct("=ccHIQ")


class Control(ctypes.Structure):
    _fields_ = [("left", ctypes.c_int64), ("failed", ctypes.c_int64), ("error", ctypes.c_int32), ("on", ctypes.c_int32),
                ("part", ctypes.c_int32), ("calls", ctypes.c_char * 4), ("files", ctypes.c_char * 8)]


def shared_control(path):
    with open(path, "w+b") as file:
        file.truncate(mmap.PAGESIZE)
        return Control.from_buffer(mmap.mmap(file.fileno(), mmap.PAGESIZE))


class Disk:
    """The store's files as far as they are on the disk: writes that a sync followed which did not fail.

    After a sync that failed the writes before it may be there or not, and stay so whatever the next sync says: that is
    how Linux does it, where pages that could not be written count as clean. `files`: what each begins with.
    """

    def __init__(self, trace, files):
        self.trace, self.offset = trace, 0
        self.files = {name: bytearray(data) for name, data in files.items()}
        self.pending = {name: [] for name in files}
        self.doubtful = 0  # writes that a failed sync leaves behind
        self.begun = {}  # (file, thread): how many changes there had been when its sync began
        self.changes = 0
        self.fresh = []  # what syncs made durable since the last reply
        self.faults = {}

    def follow(self, last_reply=lambda: None):
        """Takes in what has happened, and calls `last_reply` where the last 250 went out."""
        with open(self.trace, "rb") as file:
            file.seek(self.offset)
            data = file.read()
        at, events = 0, []
        while at + EVENT.size <= len(data):
            what, name, call, size, number = EVENT.unpack_from(data, at)
            end = at + EVENT.size + size
            if end > len(data):  # it was killed
                break
            events.append((what.decode(), name.decode(), chr(call), number, data[at + EVENT.size:end]))
            at = end
        self.offset += at
        last = max((i for i, each in enumerate(events) if each[0] == "R"), default=None)
        for i, each in enumerate(events):
            self.event(*each)
            if i == last:
                last_reply()

    def event(self, what, name, call, number, data):
        if what == "R":
            self.reply(data)
        elif what == "F":
            self.faults[name + call] = self.faults.get(name + call, 0) + 1
        elif name in self.files:
            self.change(what, name, number, data)

    def change(self, what, name, number, data):
        if what in "WT":
            self.changes += 1
            self.pending[name].append((self.changes, what, number, data))
        elif what == "B":
            self.begun[name, number] = self.changes
        else:
            last = self.begun.pop((name, number))
            before = [each for each in self.pending[name] if each[0] <= last]
            del self.pending[name][:len(before)]
            if what == "X":
                self.doubt(name, before)
                return
            for _, *each in before:
                self.apply(self.files[name], *each)

    def doubt(self, _name, writes):
        self.doubtful += len(writes)

    def apply(self, file, what, number, data):
        if what == "T":
            del file[number:]
            file.extend(bytes(number - len(file)))
            return
        file.extend(bytes(max(0, number - len(file))))
        file[number:number + len(data)] = data
        self.fresh.append(data)


class SqliteDisk(Disk):
    def __init__(self, trace, database):
        super().__init__(trace, {"d": database, "w": b""})
        self.acknowledged, self.too_early = [], []  # ids

    def reply(self, data):
        message = data.split(b" stored as ")[1].split()[0]
        self.acknowledged.append(message.decode())
        if not any(message in data for data in self.fresh):
            self.too_early.append(message.decode())
        self.fresh.clear()

    def save(self, folder):
        """The files as after a loss of power."""
        os.makedirs(folder, exist_ok=True)
        for name, end in (("d", ""), ("w", "-wal"), ("s", "-shm")):
            with open(f"{folder}/mail.db{end}", "wb") as file:
                file.write(self.files.get(name, b""))
        os.unlink(f"{folder}/mail.db-shm")

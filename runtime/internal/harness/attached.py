"""What comes back beside the value: files, figures, forms of the value.

All of it together is bounded, because the server takes no more. What does not
fit is left out by name.
"""

import struct

RECORD = struct.Struct(">cII")  # kind, length of the name, length of the data
FILE, FIGURE, TEXT, BINARY, OMITTED = b"f", b"p", b"t", b"b", b"o"
OMITTED_MOST = 100  # beyond that nobody reads the list
WORDS = 250  # bytes of a name or a reason in that list

_len, _str = len, str

most, room = 0, 0  # number of files and of figures; bytes, names included


def prepare(config):
    global most, room
    most, room = config["return_files"], config["return_bytes"]


class Attached:
    def __init__(self):
        self.records = []
        self.room = room
        self.left = {FILE: most, FIGURE: most, TEXT: most, BINARY: most}
        self.omitted = 0

    def add(self, kind, name, data, called):
        """Take it along, or say that it was left out, by the name it is called."""
        if not self.left[kind]:
            return self.omit(called, f"more than {most} of its kind")
        if _len(name) + _len(data) > self.room:
            return self.too_large(called, _len(data))
        self.left[kind] -= 1
        self.room -= _len(name) + _len(data)
        self.records.append(RECORD.pack(kind, _len(name), _len(data)) + name)
        self.records.append(data)

    def too_large(self, called, size):
        self.omit(called, f"{size} bytes, and {self.room} are left of the {room} that a reply takes")

    def omit(self, called, why):
        self.omitted += 1
        if self.omitted < OMITTED_MOST:
            self.note(called, why)

    def note(self, called, why):
        called, why = clip(called), clip(why)
        self.records.append(RECORD.pack(OMITTED, _len(called), _len(why)) + called + why)

    def payload(self):
        if self.omitted >= OMITTED_MOST:
            self.note("…", f"{self.omitted - OMITTED_MOST + 1} more are not listed")
        return b"".join(self.records)


def clip(text):
    data = text.encode(errors="replace")
    if _len(data) > WORDS:
        data = data[:WORDS].decode(errors="ignore").encode() + "…".encode()
    return data


def reason(e):
    """Why something could not be had, in a few words."""
    try:
        return _str(getattr(e, "strerror", None) or f"{type(e).__name__}: {e}")
    except Exception:
        return "an error that can't be shown"

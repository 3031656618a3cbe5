"""What comes back beside the value: files, figures, what was displayed.

All of it together is bounded, because the server takes no more. What does not
fit is left out by name.
"""

import struct

RECORD = struct.Struct(">cII")  # kind, length of the name, length of the data
FILE, FIGURE, TEXT, BINARY, OMITTED = b"f", b"p", b"t", b"b", b"o"
DISPLAY = b"d"  # the forms that follow are those of one thing
OMITTED_MOST = 100  # beyond that nobody reads the list
WORDS = 250  # bytes of a name or a reason in that list

_len, _str, _tuple = len, str, tuple

most, room = 0, 0  # number of files, of figures, of things displayed; bytes, names included
FORMS_MOST = 16  # of one thing


def prepare(config):
    global most, room
    most, room = config["return_files"], config["return_bytes"]


class Attached:
    """The bag of one run. The alarm may look into it at any moment: whatever is
    added is there whole or not at all."""

    def __init__(self):
        self.records = []
        self.room = room
        self.left = {FILE: most, FIGURE: most, DISPLAY: most}
        self.omitted = 0

    def add(self, kind, name, data, called):
        """Take it along, or say that it was left out, by the name it is called."""
        if not self.left[kind]:
            return self.omit(called, f"more than {most} of its kind")
        if _len(name) + _len(data) > self.room:
            return self.too_large(called, _len(data))
        self.left[kind] -= 1
        self.room -= _len(name) + _len(data)
        self.records.append((RECORD.pack(kind, _len(name), _len(data)) + name, data))

    def display(self, forms, called):
        """Take the forms of one thing along, (kind, type, content) each, as far as they fit."""
        parts = [RECORD.pack(DISPLAY, 0, 0)]
        for kind, name, data in forms[:FORMS_MOST]:
            # With the header, as there may be more of them than of anything else.
            size = RECORD.size + _len(name) + _len(data)
            if size > self.room:
                self.too_large(f"{called} {name.decode()}", _len(data))
                continue
            self.room -= size
            parts += RECORD.pack(kind, _len(name), _len(data)) + name, data
        if _len(parts) > 1:
            self.left[DISPLAY] -= 1
            self.records.append(_tuple(parts))

    def too_large(self, called, size):
        self.omit(called, f"{size} bytes, and {self.room} are left of the {room} that a reply takes")

    def omit(self, called, why):
        self.omitted += 1
        if self.omitted < OMITTED_MOST:
            self.note(called, why)

    def note(self, called, why):
        called, why = clip(called), clip(why)
        self.records.append((RECORD.pack(OMITTED, _len(called), _len(why)) + called + why,))

    def payload(self, files=True):
        if self.omitted >= OMITTED_MOST:
            self.note("…", f"{self.omitted - OMITTED_MOST + 1} more are not listed")
        return b"".join(part for record in self.records if files or record[0][:1] != FILE for part in record)


_bag = None


def bag():
    """The one of this run, made when there is something for it."""
    global _bag
    if _bag is None:
        _bag = Attached()
    return _bag


def payload(files=True):
    """What is in it for the wire, with the files or without; empty where nothing is."""
    return _bag.payload(files) if _bag and _bag.records else b""


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

"""The result channel: one request in, one frame out."""

import os
import struct
from _thread import RLock

CHANNEL = 3  # its descriptor in every worker
ABSENT = 0xFFFFFFFF
REQUEST = struct.Struct(">IIIIIBd")  # lengths of script, input, stdin, options, files; what is wanted; timeout
FILES, SERIES = 1, 2  # what is wanted: files back; an answer for each of the cases that follow
FRAME = struct.Struct(">Ic")  # length of the payload, kind

# Held by the thread that answers, to the end of the process: what another one would
# send, or do because it was to end here, would be in the middle of it.
answering = RLock()

ahead = []  # what was read of the cases that follow a request

_read, _write, _exit, _len = os.read, os.write, os._exit, len


def send(kind, payload):
    data = FRAME.pack(_len(payload), kind) + payload
    while data:
        data = data[_write(CHANNEL, data) :]


def receive():
    """The one request: script, input or None, stdin, options, files, what is wanted, timeout."""
    data = _read(CHANNEL, 1 << 16)
    if not data:
        _exit(0)
    script, given, stdin, options, files, wanted, timeout = REQUEST.unpack_from(data)
    absent = given == ABSENT
    a = REQUEST.size
    b = a + script
    c = b + (0 if absent else given)
    d = c + stdin
    e = d + options
    total = e + files
    if _len(data) < total:
        parts, have = [data], _len(data)
        while have < total:
            data = _read(CHANNEL, min(total - have, 1 << 20))
            if not data:
                _exit(0)
            parts.append(data)
            have += _len(data)
        data = b"".join(parts)
    if wanted == SERIES:
        ahead.append(data[total:])
    return data[a:b].decode(), None if absent else data[b:c], data[c:d], data[d:e], data[e:total], wanted, timeout

"""The result channel: one request in, one frame out."""

import os
import struct

CHANNEL = 3  # its descriptor in every worker
ABSENT = 0xFFFFFFFF
REQUEST = struct.Struct(">IIIIBd")  # lengths of script, input, stdin, files; files wanted back; timeout
FRAME = struct.Struct(">Ic")  # length of the payload, kind

_read, _write, _exit, _len = os.read, os.write, os._exit, len


def send(kind, payload):
    data = FRAME.pack(_len(payload), kind) + payload
    while data:
        data = data[_write(CHANNEL, data) :]


def receive():
    """The one request: script, input or None, stdin, files, whether they are wanted back, timeout."""
    data = _read(CHANNEL, 1 << 16)
    if not data:
        _exit(0)
    script, given, stdin, files, wanted, timeout = REQUEST.unpack_from(data)
    lengths = script, 0 if given == ABSENT else given, stdin, files
    total = REQUEST.size + sum(lengths)
    if _len(data) < total:
        parts, have = [data], _len(data)
        while have < total:
            data = _read(CHANNEL, min(total - have, 1 << 20))
            if not data:
                _exit(0)
            parts.append(data)
            have += _len(data)
        data = b"".join(parts)
    a = REQUEST.size
    b = a + lengths[0]
    c = b + lengths[1]
    d = c + stdin
    return data[a:b].decode(), None if given == ABSENT else data[b:c], data[c:d], data[d:], wanted, timeout

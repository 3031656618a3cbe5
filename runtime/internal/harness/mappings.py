"""mmap.mmap as scripts find it: its anonymous memory is private.

Shared anonymous memory is refused, because it lives on when all but a page of
it is unmapped and no limit counts it. Where nothing forks, private memory does
the same for whoever asks for it.
"""

import mmap as _module
from mmap import ACCESS_COPY, ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED

_base = _module.mmap
_new = _base.__new__
_len, _zip = len, zip
NAMES = "flags", "prot", "access", "offset"


def prepare():
    """Put the class into its module. Runs in the zygote, once."""
    _module.mmap = mmap


class mmap(_base):
    __slots__ = ()
    __module__ = "mmap"
    __doc__ = _base.__doc__

    def __new__(cls, fileno, length, *args, **given):
        if fileno != -1 or _len(args) > _len(NAMES):
            return _new(cls, fileno, length, *args, **given)
        wanted = {**dict(_zip(NAMES, args)), **given}
        access = wanted.get("access", ACCESS_DEFAULT)
        if access == ACCESS_DEFAULT:
            flags = wanted.get("flags", MAP_SHARED)
            if flags & MAP_SHARED:
                wanted["flags"] = flags & ~MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS
        elif "flags" not in wanted and "prot" not in wanted:
            if access == ACCESS_WRITE:
                del wanted["access"]
                wanted["flags"] = MAP_PRIVATE | MAP_ANONYMOUS
            elif access == ACCESS_READ and cls is mmap:  # there is no such private kind
                return _new(ReadOnly, -1, length, access=ACCESS_COPY)
        return _new(cls, -1, length, **wanted)


class ReadOnly(mmap):
    """What mmap makes of anonymous memory that is to be read alone: zeros."""

    __slots__ = ()
    __module__ = "mmap"

    def refuse(self, *args):
        raise TypeError("mmap can't modify a readonly memory map.")

    __setitem__ = write = write_byte = move = resize = refuse

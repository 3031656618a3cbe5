import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(number, *args):
    """What the kernel returned, or the name of the error."""
    ready = []
    for a in args:
        if isinstance(a, str):
            a = a.encode()
        if isinstance(a, int):
            a = ctypes.c_long(a)
        elif isinstance(a, list):  # bytes to point at
            a = (ctypes.c_ubyte * len(a))(*a)
        ready.append(a)
    ctypes.set_errno(0)
    r = libc.syscall(ctypes.c_long(number), *ready)
    return errno.errorcode[ctypes.get_errno()] if r == -1 else r


def attempt(f, *args, **named):
    """What f returned, or the name of the error."""
    try:
        return f(*args, **named)
    except OSError as e:
        return errno.errorcode[e.errno]



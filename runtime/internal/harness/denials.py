"""Which failure of a script is a refusal of the sandbox, in one word each."""

import linecache
import os
import re
import sys
from itertools import islice

from _harness.faults import STAND_INS, is_callers, traceback_of

RAISE = 130  # the opcode of a raise statement
EPERM, ENOENT, EACCES, EROFS = 1, 2, 13, 30
MOST, LOOK = 64, 1000  # errors and variables that are looked at

_isinstance, _issubclass, _len, _str, _type = isinstance, issubclass, len, str, type
cause_of, context_of, args_of = (BaseException.__dict__[name].__get__ for name in ("__cause__", "__context__", "args"))
_realpath, _fsencode = os.path.realpath, os.fsencode

# By the last part of the name that is called.
CALLS = {
    "process": {"fork", "forkpty", "vfork", "posix_spawn", "posix_spawnp", "popen", "system", "_fork_exec",
                "fork_exec", "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "Popen"},
    "signal": {"kill", "killpg", "pthread_kill", "pidfd_send_signal"},
    "network": {"socket", "bind", "connect", "listen", "accept", "setsockopt", "sendmsg", "recvmsg",
                "getaddrinfo", "create_connection", "fromfd", "if_nameindex"},
    "identity": {"setuid", "setgid", "setreuid", "setresuid", "setresgid", "setgroups", "chroot", "unshare"},
}

# The same for calls on files, where the operation is what is not permitted. The
# server knows whether it is seccomp that refuses them, or whose the file is.
# lookup and chmod_func are how shutil calls what it has found.
FILE_CALLS = {
    "attributes": {"chmod", "lchmod", "fchmod", "utime", "lookup", "chmod_func"},
    "truncation": {"truncate"},
    "links": {"link"},
    "owner": {"open", "unlink", "remove", "rmdir", "rename", "replace"},
}

# What getaddrinfo says, which no name passes, and EPERM, as Python words them.
NO_NAMES = re.compile(r"\[Errno -[235]\] [A-Z]")
NOT_PERMITTED = "[Errno 1] Operation not permitted"

# Where an OSError without a number is about the network.
NETWORK_ALONE = ("/socket.py", "/asyncio/base_events.py")

home = b"/tmp"  # the script's own directory


def denied(e):
    """refused_by_sandbox, of an error that the script may have tampered with."""
    try:
        return refused_by_sandbox(e)
    except BaseException:  # the script has broken what is needed for this
        return ""


def refused_by_sandbox(e):
    """A word for what the sandbox refused, or nothing if it refused nothing.

    Libraries wrap what they meet, group it, or keep it and go on, so the errors
    behind this one count as well: those it is linked to, then those that the
    functions it passed through still hold; and if none of them tells, what they
    say. What was caught and dropped is not found.
    """
    met = []
    return search([e], met) or search(held_by(met), met) or next(filter(None, map(refused_in_words, met)), "")


def search(todo, met):
    """The word of the first that was refused, nearest first; met are those looked at."""
    seen = {id(e) for e in met}
    for e in todo:  # which grows
        if id(e) in seen or _len(seen) >= MOST:
            continue
        seen.add(id(e))
        met.append(e)
        word = refused_call(e)
        if word:
            return word
        todo.extend(behind(e))
    return ""


def behind(e):
    """The errors that an error is linked to, in any of the usual ways."""
    found = [cause_of(e), context_of(e), *args_of(e)]
    for name in "reason", "exceptions":  # urllib's, a group's
        try:
            found.append(getattr(e, name, None))
        except Exception:
            pass
    return errors_in(found)


def held_by(met):
    """The errors in the variables of the functions that these passed through."""
    held = []
    for e in met:
        tb = traceback_of(e)
        while tb is not None and _len(held) < MOST:
            held.extend(errors_in(islice(tb.tb_frame.f_locals.values(), LOOK)))
            tb = tb.tb_next
    return held


def errors_in(values, deep=True):
    found = []
    for v in values:
        if _issubclass(_type(v), BaseException):
            found.append(v)
        elif deep and _type(v) in (list, tuple):
            found.extend(errors_in(v[:MOST], False))
    return found


def raised_at(e):
    """The code that an error comes from, and where in it; None for none.

    What our functions in the place of the library's meet, whoever called them has met.
    """
    tb = traceback_of(e)
    if tb is None:
        return None, 0
    while tb.tb_next is not None and tb.tb_next.tb_frame.f_code.co_filename not in STAND_INS:
        tb = tb.tb_next
    return tb.tb_frame.f_code, tb.tb_lasti


def refused_in_words(e):
    """The same for an error that has only the text of what was refused."""
    if _isinstance(e, OSError) and e.errno is not None:
        return ""
    code, _ = raised_at(e)
    if code is not None and code.co_filename.endswith(NETWORK_ALONE) and _isinstance(e, OSError):
        return "network"
    try:
        text = _str(e)
    except Exception:
        return ""
    if NO_NAMES.search(text):
        return "network"
    if code is None or is_callers(code.co_filename):
        return ""  # a script may say what it likes
    return "kernel" if NOT_PERMITTED in text else ""


def refused_call(e):
    code, at = raised_at(e)
    if not _isinstance(e, OSError) or code is None:
        return ""
    if is_callers(code.co_filename) and code.co_code[at] == RAISE:
        return ""  # the script's own
    if _type(e).__name__ == "gaierror":
        return "network"
    if "/multiprocessing/" in code.co_filename:
        return "process"
    if e.errno == ENOENT:
        return "absent" if e.filename is not None and not (own(e.filename) or of_python(e.filename)) else ""
    if e.errno not in (EPERM, EACCES, EROFS):
        return ""
    if code.co_filename.endswith("/socket.py"):
        return "network"
    called = call_at(code, at)
    for what, names in CALLS.items():
        if called in names:
            return what
    if e.errno == EPERM:
        for what, names in FILE_CALLS.items():
            if called in names:
                return what
        return "kernel"
    if e.errno == EROFS:
        return "read_only"
    # Its own files a script can only close to itself. Without a name it is not
    # seccomp's doing, either.
    if e.filename is None or own(e.filename) and (e.filename2 is None or own(e.filename2)):
        return ""
    return "files"


def call_at(code, at):
    """The last part of the name of what is called there, as the source has it."""
    where = list(code.co_positions())[at // 2]
    source = linecache.getline(code.co_filename, where[0] or 0)
    called = source.encode()[where[2] or 0 :].decode(errors="replace").partition("(")[0]
    return called.rpartition(".")[2].strip()


def own(name):
    """Whether a file is in the script's own directory, or would be."""
    if not _isinstance(name, (_str, bytes)):
        return False  # a descriptor
    return below(_realpath(_fsencode(name)), _realpath(home))


def of_python(name):
    """Whether a file would be one of the library's or of a package, which are there."""
    path = _realpath(_fsencode(name))
    return any(below(path, _fsencode(where)) for where in (sys.prefix, *sys.path) if where)


def below(path, ours):
    return path == ours or path[: _len(ours) + 1] == ours + b"/"

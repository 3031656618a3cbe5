"""What goes wrong with a script, in the words its caller gets."""

import linecache
import traceback

NAME = "script.py"
MODULE = "script"
TEXT_LIMIT = 64 << 10  # longest message or traceback sent
EPERM, EACCES, EMFILE, EFBIG, ENOSPC, EROFS = 1, 13, 24, 27, 28, 30

_len, _str, _type, _isinstance = len, str, type, isinstance


class Refused(Exception):
    """The source is not acceptable: nothing of it was executed."""

    def __init__(self, status, error, line=0):
        self.status, self.error, self.line = status, error, line


class NotJSON(Exception):
    def __init__(self, error):
        self.error = error


def keep_source(text):
    """Give tracebacks the lines of the script, which is in no file."""
    # Not splitlines: it also ends lines at characters that Python's own does not.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    linecache.cache[NAME] = (_len(text), None, [line + "\n" for line in lines], NAME)


def classify(e):
    """The status of an exception that reached the top, and the limit it met."""
    if _isinstance(e, MemoryError):
        return "memory_limit", ""
    if _isinstance(e, OSError):
        if e.errno in (ENOSPC, EFBIG):
            return "file_limit", "tmp"
        if e.errno == EMFILE:
            return "file_limit", "open_files"
    if _isinstance(e, RuntimeError) and _str(e) == "can't start new thread":
        return "script_error", "threads"
    return "script_error", ""


def line_of(tb):
    line = 0
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == NAME:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


def describe(e):
    """The error in one line, and Python's traceback without our own frames."""
    told = traceback.TracebackException(_type(e), e, e.__traceback__, compact=True)
    own_frames(told, set())
    name = told.exc_type.__qualname__
    where = told.exc_type.__module__
    if where not in ("builtins", "__main__", MODULE):
        name = f"{where}.{name}"
    if _isinstance(e, SyntaxError):
        message = e.msg
    else:
        message = told._str
    error = f"{name}: {message}" if message else name
    text = "".join(told.format(chain=True)).replace(f"\n{MODULE}.", "\n")
    if _len(text) > TEXT_LIMIT:
        half = TEXT_LIMIT // 2
        text = f"{text[:half]}\n… {_len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return error, text


def own_frames(told, seen):
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [f for f in told.stack if f.filename == NAME]
    own_frames(told.__cause__, seen)
    own_frames(told.__context__, seen)
    for inner in told.exceptions or ():
        own_frames(inner, seen)


REFUSED_CALLS = {
    "process": {"fork", "forkpty", "vfork", "posix_spawn", "posix_spawnp", "popen", "system", "_fork_exec",
                "fork_exec", "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "Popen"},
    "signal": {"kill", "killpg", "pthread_kill", "pidfd_send_signal"},
    "network": {"socket", "bind", "connect", "listen", "accept", "setsockopt", "sendmsg", "recvmsg",
                "getaddrinfo", "create_connection", "fromfd", "if_nameindex"},
    "identity": {"setuid", "setgid", "setreuid", "setresuid", "setresgid", "setgroups", "chroot", "unshare"},
}


def refused_by_kernel(e):
    """A word for what the sandbox refused, or nothing if it refused nothing."""
    for _ in range(10):  # libraries wrap the refusal in errors of their own
        if e is None or _isinstance(e, OSError) and e.errno in (EPERM, EACCES, EROFS):
            break
        e = e.__cause__ or e.__context__
    else:
        e = None
    if e is None:
        return ""
    if e.filename is not None:
        return "files"
    tb = e.__traceback__
    while tb.tb_next is not None:
        tb = tb.tb_next
    code = tb.tb_frame.f_code
    if code.co_filename.endswith("/socket.py"):
        return "network"
    where = list(code.co_positions())[tb.tb_lasti // 2]
    source = linecache.getline(code.co_filename, where[0] or 0)
    called = source.encode()[where[2] or 0 :].decode(errors="replace").partition("(")[0]
    called = called.rpartition(".")[2].strip()
    for what, names in REFUSED_CALLS.items():
        if called in names:
            return what
    return "kernel"

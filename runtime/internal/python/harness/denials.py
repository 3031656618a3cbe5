"""Which failure of a script is a refusal of the sandbox, in one word each."""

import linecache
import os

from _harness.faults import NAME, traceback_of

RAISE = 130  # the opcode of a raise statement
EPERM, EACCES, EROFS = 1, 13, 30

_isinstance, _len, _str, _type = isinstance, len, str, type
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

home = b"/tmp"  # the script's own directory


def refused_by_kernel(e):
    """A word for what the sandbox refused, or nothing if it refused nothing.

    Libraries wrap what they meet, so the errors behind this one count as well.
    """
    for _ in range(8):
        word = refused_call(e)
        if word:
            return word
        reason = getattr(e, "reason", None)  # urllib's
        e = reason if _isinstance(reason, BaseException) else e.__cause__ or e.__context__
        if e is None:
            break
    return ""


def refused_call(e):
    if not _isinstance(e, OSError) or traceback_of(e) is None:
        return ""
    tb = traceback_of(e)
    while tb.tb_next is not None:
        tb = tb.tb_next
    code = tb.tb_frame.f_code
    if code.co_filename == NAME and code.co_code[tb.tb_lasti] == RAISE:
        return ""  # the script's own
    if _type(e).__name__ == "gaierror":
        return "network"
    if "/multiprocessing/" in code.co_filename:
        return "process"
    if e.errno not in (EPERM, EACCES, EROFS):
        return ""
    if code.co_filename.endswith("/socket.py"):
        return "network"
    called = call_at(code, tb.tb_lasti)
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
    path, ours = _realpath(_fsencode(name)), _realpath(home)
    return path == ours or path[: _len(ours) + 1] == ours + b"/"

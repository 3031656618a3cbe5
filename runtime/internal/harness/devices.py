"""/dev/stdin, /dev/stdout and /dev/stderr: the streams by their names, and /dev/random.

The kernel knows no such files but by links into /proc, which is not there. So
they are known to what opens files in Python, in runs whose script names them.
"""

import builtins
import io
import os
import posix
import sys

_open, _os_open, _stat, _fstat, _dup, _fsdecode = io.open, os.open, os.stat, os.fstat, os.dup, os.fsdecode
_type = type

DESCRIPTORS = {
    name: fd
    for fd, stream in enumerate(("stdin", "stdout", "stderr"))
    for name in ("/dev/" + stream, f"/dev/fd/{fd}", f"/proc/self/fd/{fd}")
}
RANDOM, URANDOM = "/dev/random", "/dev/urandom"  # the same to readers, and only the second is there


def are_named(text, given):
    """Whether the script, or a module that came with it, has such a name in it."""
    return (
        "/dev/std" in text
        or "/dev/fd" in text
        or "/proc/self/fd" in text
        or RANDOM in text
        or given and any(b"/dev/" in data for name, data in given.items() if name.endswith(b".py"))
    )


def provide():
    """Let the names be opened from here on."""
    builtins.open = io.open = open
    os.open, os.stat = posix.open, posix.stat = os_open, os_stat
    # numpy has taken the function when it was imported, for loadtxt and the like.
    numpy = sys.modules.get("numpy.lib._datasource")
    try:
        numpy._file_openers._file_openers[None] = open
    except Exception:  # not imported, or another version
        pass


def descriptor(name):
    """The stream that goes by a name, None for any other file."""
    if _type(name) is int:
        return None
    try:
        return DESCRIPTORS.get(_fsdecode(name))
    except Exception:  # for what opens it to complain of
        return None


def known(path):
    """The name by which the kernel knows a file."""
    try:
        return URANDOM if _type(path) is not int and _fsdecode(path) == RANDOM else path
    except Exception:  # as above
        return path


def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    fd = descriptor(file)
    if opener is None and (fd is not None or known(file) is not file):

        def opener(name, flags):
            return os_open(name, flags)

    return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)


def os_open(path, flags, mode=0o777, *, dir_fd=None):
    fd = descriptor(path)
    return _os_open(known(path), flags, mode, dir_fd=dir_fd) if fd is None else _dup(fd)


def os_stat(path, *, dir_fd=None, follow_symlinks=True):
    fd = descriptor(path)
    return _stat(known(path), dir_fd=dir_fd, follow_symlinks=follow_symlinks) if fd is None else _fstat(fd)


for _function, _original in (open, _open), (os_open, _os_open), (os_stat, _stat):
    _function.__module__, _function.__doc__ = _original.__module__, _original.__doc__
    _function.__name__ = _function.__qualname__ = _original.__name__

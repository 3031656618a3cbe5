"""Locks between processes, for a process that is the only one.

POSIX semaphores are files that all processes find, and flock is refused: a lock on
a file that all runs see would be felt by the others, and what it costs the kernel
is no limit's. Between the threads of one process Python can do both by itself.
"""

import _multiprocessing
import fcntl as _module
import os
import stat
import sys
from _thread import get_ident as _get_ident
from errno import EAGAIN, EINVAL, ENOENT
from itertools import count
from operator import index as _index
from threading import Condition as _Condition
from time import monotonic as _monotonic

RECURSIVE_MUTEX, SEMAPHORE = 0, 1
EXISTS = 17

_fcntl, _fstat, _audit, _is_regular = _module.fcntl, os.fstat, sys.audit, stat.S_ISREG
_isinstance, _int, _strerror = isinstance, int, os.strerror
_next_handle, _names = count(1).__next__, set()


def prepare():
    """Put them in the place of the kernel's. Runs in the zygote, before any import of a library."""
    _multiprocessing.SemLock, _multiprocessing.sem_unlink = SemLock, sem_unlink
    _module.flock = flock


def sem_unlink(name, /):
    if name not in _names:
        raise FileNotFoundError(ENOENT, _strerror(ENOENT))
    _names.discard(name)


class SemLock:
    """A semaphore, or a lock that its owner may take again."""

    SEM_VALUE_MAX = _multiprocessing.SemLock.SEM_VALUE_MAX

    def __init__(self, kind, value, maxvalue, name, unlink):
        if kind not in (RECURSIVE_MUTEX, SEMAPHORE):
            raise ValueError("unrecognized kind")
        if name in _names:
            raise FileExistsError(EXISTS, _strerror(EXISTS))
        if not unlink:
            _names.add(name)
        self.kind, self.maxvalue, self.name = kind, maxvalue, None if unlink else name
        self.handle = _next_handle()
        self._free, self._held, self._owner = value, 0, 0
        self._changed = _Condition()

    def acquire(self, block=True, timeout=None):
        until = None if timeout is None else _monotonic() + max(timeout, 0)
        with self._changed:
            if self.kind == RECURSIVE_MUTEX and self._is_mine():
                self._held += 1
                return True
            while not self._free:
                left = None if until is None else until - _monotonic()
                if not block or left is not None and left <= 0:
                    return False
                self._changed.wait(left)
            self._free -= 1
            self._held += 1
            self._owner = _get_ident()
            return True

    def release(self):
        with self._changed:
            if self.kind == RECURSIVE_MUTEX:
                if not self._is_mine():
                    raise AssertionError("attempt to release recursive lock not owned by thread")
                if self._held > 1:
                    self._held -= 1
                    return
            elif self._free >= self.maxvalue:
                raise ValueError("semaphore or lock released too many times")
            self._held -= 1
            self._free += 1
            self._changed.notify()

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()

    def _count(self):
        return self._held

    def _is_mine(self):
        return self._held > 0 and self._owner == _get_ident()

    def _get_value(self):
        return self._free

    def _is_zero(self):
        return self._free == 0

    def _after_fork(self):
        self._held = 0


SemLock.__module__ = sem_unlink.__module__ = "_multiprocessing"

# What tells an open file that holds a lock from others of the same file, also from
# one that has got its number since: for a regular file the flag means nothing.
MARK = os.O_NONBLOCK
NOTICE = 0.01  # seconds until it is seen that a holder was closed

_changed = _Condition()
_held = {}  # (device, inode) -> {descriptor: LOCK_SH or LOCK_EX}


def flock(fd, operation, /):
    _audit("fcntl.flock", fd, operation)
    number = fd if _isinstance(fd, _int) else fd.fileno()
    how = _index(operation) & ~_module.LOCK_NB
    flags, seen = _fcntl(number, _module.F_GETFL), _fstat(number)
    if how not in (_module.LOCK_SH, _module.LOCK_EX, _module.LOCK_UN):
        raise OSError(EINVAL, _strerror(EINVAL))
    file, marks = (seen.st_dev, seen.st_ino), _is_regular(seen.st_mode)
    with _changed:
        own, had = take(number, flags, file, marks)
        if how == had:
            keep(own, flags, file, marks, how)
            return
        if had:
            _changed.notify_all()
        while how != _module.LOCK_UN and not is_free(number, file, marks, how):
            if operation & _module.LOCK_NB:
                raise BlockingIOError(EAGAIN, _strerror(EAGAIN))
            _changed.wait(NOTICE)
        if how != _module.LOCK_UN:
            keep(number, flags, file, marks, how)


def take(number, flags, file, marks):
    """Let go of what an open file holds: under which descriptor that was, and how."""
    holders = living(file, marks)
    if marks and flags & MARK:  # then it is the one that loses the mark with this descriptor
        _fcntl(number, _module.F_SETFL, flags & ~MARK)
        number = next((n for n in list(holders) if not _fcntl(n, _module.F_GETFL) & MARK), number)
    elif marks:
        holders.pop(number, None)
    return number, holders.pop(number, None)


def keep(number, flags, file, marks, how):
    _held.setdefault(file, {})[number] = how
    if marks:
        _fcntl(number, _module.F_SETFL, flags | MARK)


def living(file, marks):
    """The holders of a file's lock that are still open."""
    holders = _held.get(file, {})
    for number in list(holders):  # a handler of a signal may lock in between
        if not lives(number, file, marks):
            holders.pop(number, None)
    if not holders:
        _held.pop(file, None)
    return holders


def lives(number, file, marks):
    try:
        now = _fstat(number)
        return (now.st_dev, now.st_ino) == file and (not marks or _fcntl(number, _module.F_GETFL) & MARK)
    except OSError:
        return False


def is_free(number, file, marks, how):
    """Whether no other has a lock that this one would have to wait for."""
    others = [held for holder, held in list(living(file, marks).items()) if holder != number]
    return not others or how == _module.LOCK_SH and _module.LOCK_EX not in others


flock.__module__ = "fcntl"

"""The caller's files on their way in, the script's on their way out.

Both happen in the worker, confined: whatever a script does to its directory,
what can be read for it is what it could have read itself.
"""

import gc
import io
import os
import stat
import struct
from itertools import islice

from _harness.attached import FILE, reason

RECORD = struct.Struct(">II")  # lengths of name and data
DEPTH = 8  # parts of a name, as in a request
CACHES = frozenset({b".cache", b".pytest_cache", b"__pycache__"})  # what libraries keep for a next run
LOOK = 10_000  # directory entries that are looked at
ENXIO, ELOOP = 6, 40

_open, _read, _write, _close, _seek, _fstat = os.open, os.read, os.write, os.close, os.lseek, os.fstat
_mkdir, _scandir, _getcwd, _close_range = os.mkdir, os.scandir, os.getcwdb, os.closerange
_len, _type, _issubclass, _sorted = len, type, issubclass, sorted
_fsencode = os.fsencode
_is_regular, _is_directory = stat.S_ISREG, stat.S_ISDIR
_objects = gc.get_objects
STREAMS = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LOOK_AT = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LOOK_IN = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


def put(blob):
    """Write the caller's files into the working directory, which is empty."""
    given, made, at = {}, set(), 0
    while at < _len(blob):
        length, size = RECORD.unpack_from(blob, at)
        at += RECORD.size
        name, data = blob[at : at + length], blob[at + length : at + length + size]
        at += length + size
        slash = name.find(b"/")
        while slash >= 0:
            if name[:slash] not in made:
                _mkdir(name[:slash])
                made.add(name[:slash])
            slash = name.find(b"/", slash + 1)
        write(name, data)
        given[name] = data
    return given


def write(name, data):
    """Make a file of a name that is free."""
    fd = _open(name, NEW, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[_write(fd, view) :]
    finally:
        _close(fd)


def home():
    """Where the files are, should the script go elsewhere."""
    return _getcwd()


def flush_streams():
    """Let out what is buffered for files that the script did not close."""
    for o in _objects():
        if _issubclass(_type(o), STREAMS):
            try:
                for kind in STREAMS:
                    if _issubclass(_type(o), kind):
                        kind.flush(o)
            except Exception:
                pass  # closed, or full


class Collector:
    """Takes the regular files of a directory along that are new or changed."""

    def __init__(self, bag, given):
        self.bag, self.given, self.looked = bag, given, 0

    def collect(self, where):
        flush_streams()
        _close_range(4, 4096)  # a script may have used up all descriptors
        try:
            fd = _open(where, LOOK_IN)
        except OSError as e:
            self.bag.omit(".", reason(e))
            return
        self.directory(fd, b"", 1)

    def directory(self, fd, prefix, depth):
        """All that is in a directory, whose descriptor is closed then."""
        try:
            with _scandir(fd) as entries:
                names = _sorted(_fsencode(e.name) for e in islice(entries, LOOK + 1 - self.looked))
            for name in names:
                self.looked += 1
                if self.looked > LOOK:
                    self.bag.omit(shown(prefix) or ".", f"more than {LOOK} files and directories to look at")
                    return
                self.entry(fd, name, prefix + name, depth)
        except (OSError, MemoryError) as e:
            self.bag.omit(shown(prefix) or ".", reason(e))
        finally:
            close(fd)

    def entry(self, parent, name, path, depth):
        fd = -1
        try:
            fd = _open(name, LOOK_AT, dir_fd=parent)
            found = _fstat(fd)
            if _is_directory(found.st_mode):
                if name in CACHES and not any(given.startswith(path + b"/") for given in self.given):
                    return
                if depth >= DEPTH:
                    self.bag.omit(shown(path), f"nested more than {DEPTH} levels deep")
                    return
                inner, fd = fd, -1
                self.directory(inner, path + b"/", depth + 1)
            elif _is_regular(found.st_mode):
                self.file(fd, path, found.st_size)
            else:
                self.bag.omit(shown(path), "no regular file")
        except (OSError, MemoryError) as e:
            # What opening a socket and a symbolic link come to.
            special = getattr(e, "errno", 0) in (ENXIO, ELOOP)
            self.bag.omit(shown(path), "no regular file" if special else reason(e))
        finally:
            if fd >= 0:
                close(fd)

    def file(self, fd, path, size):
        before = self.given.get(path)
        if before is not None and _len(before) == size and read(fd, size) == before:
            return
        try:
            path.decode()
        except UnicodeDecodeError:
            self.bag.omit(shown(path), "its name is not UTF-8")
            return
        if size > self.bag.room:
            self.bag.too_large(shown(path), size)
        elif not self.bag.left[FILE]:
            self.bag.add(FILE, path, b"", shown(path))
        else:
            _seek(fd, 0, 0)
            self.bag.add(FILE, path, read(fd, size), shown(path))


def close(fd):
    """Close a descriptor that a thread of the script may have closed already."""
    try:
        _close(fd)
    except OSError:
        pass


def shown(path):
    return path.decode(errors="replace").rstrip("/")


def read(fd, size):
    """At most size bytes: a thread of the script may still be writing."""
    parts, have = [], 0
    while have < size:
        data = _read(fd, min(size - have, 1 << 20))
        if not data:
            break
        parts.append(data)
        have += _len(data)
    return b"".join(parts)

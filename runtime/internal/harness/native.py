"""Extension modules where memory is nearly used up.

OpenBLAS takes a buffer while it is loaded and, where there is no memory for it,
tries again without end, in C, where no signal of Python's is heard. So before it
is loaded it is tried whether there is room. What else can't be mapped is an
ImportError that says so, which faults.classify knows.
"""

import _ctypes
import _imp
import mmap
import os
import re
import sys

MIB = 1 << 20
BUFFER = 34 * MIB  # of OpenBLAS, as it is asked for in several ways
RUNTIME = 4 * MIB  # libgfortran and what it needs
PLENTY = BUFFER + 64 * MIB  # with so much left nothing has to be looked at
LOADED = 4  # RTLD_NOLOAD

_create, _dlopen, _dlclose = _imp.create_dynamic, _ctypes.dlopen, _ctypes.dlclose
_map, _private = mmap.mmap, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
_open, _path = open, sys.path
_listdir, _getsize, _isfile = os.listdir, os.path.getsize, os.path.isfile
_blas = re.compile(rb"lib\w*openblas[\w.+-]*\.so[\w.]*").findall


def prepare():
    """Be asked before each extension module. Runs in the zygote, once, when all is imported."""
    _imp.create_dynamic = create_dynamic


def create_dynamic(spec, file=None, /):
    if not has_room(PLENTY):
        wanted = wanted_by(spec.origin)
        if wanted and not has_room(wanted):
            raise MemoryError(f"no room to load {spec.name}")
    return _create(spec, file)


def has_room(size):
    """Whether so much address space is left, which is what memory is limited by."""
    try:
        _map(-1, size, flags=_private, prot=0).close()
    except OSError:
        return False
    return True


def wanted_by(path):
    """How much the extension module takes if it brings an OpenBLAS along, else 0."""
    try:
        with _open(path, "rb") as f:
            names = {name.decode() for name in _blas(f.read())}  # old ones, too
        library = next(filter(None, map(library_of, names)), "")
        if not library or is_loaded(library):
            return 0
        return _getsize(path) + _getsize(library) + RUNTIME + BUFFER
    except OSError:
        return 0  # whoever loads it meets the same


def library_of(name):
    """Where wheels have their libraries: in a directory beside the package."""
    for where in _path:
        try:
            beside = [d for d in _listdir(where) if d.endswith(".libs")]
        except OSError:
            continue
        for directory in beside:
            path = f"{where}/{directory}/{name}"
            if _isfile(path):
                return path
    return ""


def is_loaded(library):
    try:
        _dlclose(_dlopen(library, LOADED | 1))
    except OSError:
        return False
    return True

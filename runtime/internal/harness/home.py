"""What a script finds around it, as on a server: a home, a user, a place to import from.

All of it is made up, so that nothing of the host is in it. What a script can
change of it is its own.
"""

import grp
import importlib.machinery as machinery
import os
import pwd
import struct
import sys
import time
import traceback
import warnings
from _imp import is_frozen

from _harness import denials, faults, locales, scriptfile
from _harness.confine import set_for_c
from _harness.faults import MODULE

USER = "user"
# The same wherever the run's directory is. XDG_CACHE_HOME and the like are not
# set: what they stand for follows from HOME.
ENVIRONMENT = {"USER": USER, "LOGNAME": USER, "PATH": "/usr/bin:/bin", "TZ": "UTC"}
# What libedit and curses know of a terminal without a name, in the form that
# terminfo(5) has for a file: the magic number, five lengths, the name, flags (it
# wraps at the margin), numbers (80 columns), offsets of strings (a bell, a return).
DUMB = struct.pack("<6h5s2Bxh3h4s", 0o432, 5, 2, 1, 3, 4, b"dumb\0", 0, 1, 80, -1, 0, 2, b"\a\0\r\0")
STAYS = frozenset({"encodings", "_harness", "__main__", MODULE})  # the interpreter can't do without, or is it

_environ, _isdir, _getuid, _getgid = os.environ, os.path.isdir, os.getuid, os.getgid
_modules, _builtin = sys.modules, frozenset(sys.builtin_module_names)
_imported = {}  # by name, what the zygote has imported

home = "/tmp"


def prepare():
    """Make what every run finds. Runs in the zygote, once, when all is imported."""
    note_imports()
    _environ.clear()
    _environ.update(ENVIRONMENT)
    locales.prepare()
    set_time_zones()
    set_terminal()
    set_users()
    sys.path_hooks.insert(0, look_here)
    traceback.walk_stack = faults.walk_stack
    sys.orig_argv[:] = [sys.executable, *sys.argv]
    # As it is for __main__, which the script would be elsewhere.
    warnings.filterwarnings("default", category=DeprecationWarning, module=MODULE + r"\Z")
    settle(home)


def note_imports():
    """Know what the zygote has imported. Runs in it, whenever that is more."""
    for name, module in _modules.items():
        _imported.setdefault(name, module)


def settle(where):
    """Make this the home of the script to come."""
    global home
    home = where
    faults.settle(where)
    scriptfile.settle(where)
    denials.home = os.fsencode(where)
    _environ["HOME"] = _environ["PWD"] = _environ["TMPDIR"] = where
    _environ["MPLCONFIGDIR"] = where + "/.cache/matplotlib"


def set_time_zones():
    """Let time.tzset() find the zones, which are a package here, and begin with UTC."""
    for where in sys.path:
        zones = os.path.join(where, "tzdata", "zoneinfo")
        if _isdir(zones):
            set_for_c("TZDIR", zones)
            break
    time.tzset()


def set_terminal():
    """Let curses find the terminal that there is where TERM is not set.

    The database of terminals is not there. Without it whatever imports readline,
    as pdb and doctest do, has a complaint of libedit's on stderr.
    """
    set_for_c("TERMINFO", "hex:" + DUMB.hex())


def set_users():
    """Let the user that a run is have a name, which no file here gives it."""
    by_uid, by_name, all_users = pwd.getpwuid, pwd.getpwnam, pwd.getpwall
    by_gid, by_group = grp.getgrgid, grp.getgrnam

    def user():
        return pwd.struct_passwd((USER, "x", _getuid(), _getgid(), "", home, "/bin/sh"))

    def group():
        return grp.struct_group((USER, "x", _getgid(), []))

    def getpwuid(uid):
        return user() if uid == _getuid() else by_uid(uid)

    def getpwnam(name):
        return user() if name == USER else by_name(name)

    def getpwall():
        return [user(), *all_users()]

    def getgrgid(id):
        return group() if id == _getgid() else by_gid(id)

    def getgrnam(name):
        return group() if name == USER else by_group(name)

    for module, functions in (pwd, (getpwuid, getpwnam, getpwall)), (grp, (getgrgid, getgrnam)):
        for function in functions:
            function.__module__, function.__qualname__ = module.__name__, function.__name__
            setattr(module, function.__name__, function)


class Here(machinery.FileFinder):
    """Finds modules in the script's directory, and looks anew each time.

    The library's own looks again when the time stamp of a directory has changed,
    which takes milliseconds to show: a module that was written just now is not found.
    """

    def find_spec(self, fullname, target=None):
        self.invalidate_caches()
        return machinery.FileFinder.find_spec(self, fullname, target)


KINDS = (
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


def look_here(path):
    """A hook of sys.path_hooks: the finder for the script's directory and those in it."""
    if (path == home or path.startswith(home + "/")) and _isdir(path):
        return Here(path, *KINDS)
    raise ImportError("not in the script's directory", path=path)


def modules_of(given):
    """The names of the caller's modules that an import finds.

    As elsewhere what Python itself is made of comes first.
    """
    found = set()
    for name in given:
        top, slash, rest = name.partition(b"/")
        if rest == b"__init__.py" if slash else top.endswith(b".py"):
            module = os.fsdecode(top if slash else top[:-3])
            if module not in _builtin and module not in STAYS and not is_frozen(module):
                found.add(module)
    return found


def give_way(names):
    """Let these modules be found where the library's of that name are imported already.

    As elsewhere a module that has another one already keeps it.
    """
    for name in names:
        if name in _modules:
            for loaded in [m for m in _modules if m == name or m.startswith(name + ".")]:
                del _modules[loaded]


def from_library(name):
    """A module for the harness, which no file of the caller's may stand in for."""
    ours = _imported.get(name)
    if ours is not None:
        if _modules.get(name) is not ours:  # its parts find each other by name
            _modules.update((m, _imported[m]) for m in _imported if m == name or m.startswith(name + "."))
        return ours
    found = sys.path[:]
    sys.path[:] = [p for p in found if p != home]
    try:
        return __import__(name)
    finally:
        sys.path[:] = found

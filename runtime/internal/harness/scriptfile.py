"""The script as a file: its lines for whoever asks for them, and the file itself.

Python finds the lines of a traceback, and of inspect.getsource, in the cache of
linecache; here they are made when they are first asked for. The file in the
working directory is written where something is about to look for it: that takes
longer than all else of a short run that can be avoided.
"""

import io
import linecache
import os
from importlib.machinery import SourceFileLoader

from _harness import pytests
from _harness.faults import MODULE, NAME
from _harness.files import write

_lines, _len, _iter = linecache.cache, len, iter
_StringIO = io.StringIO

text = ""  # of the script that runs
path = NAME  # of its file, absolute


class Entry(tuple):
    """What linecache keeps of a file, made when somebody looks at it."""

    __slots__ = ()

    def __getitem__(self, at):
        return keep_source()[at]

    def __iter__(self):
        return _iter(keep_source())


class Loader(SourceFileLoader):
    """Where the import system has the script from: linecache and pkgutil ask it."""

    def get_data(self, path):
        return text.encode() if path == self.path else SourceFileLoader.get_data(self, path)

    def get_source(self, fullname):
        return "".join(lines_of(text))


loader = Loader(MODULE, NAME)
_entry = Entry((0, None, None, NAME))


def settle(home):
    """Say which directory the script is in."""
    global path
    path = loader.path = home + "/" + NAME
    _lines[NAME] = _lines[path] = _entry


def lines_of(source):
    # Not splitlines: it also ends lines at characters that Python's own does not.
    lines = _StringIO(source, None).readlines()
    if lines and lines[-1][-1] != "\n":
        lines[-1] += "\n"
    return lines


def keep_source():
    """Give tracebacks the lines of the script that runs, whatever a file says."""
    entry = _len(text), None, lines_of(text), NAME
    _lines[NAME] = _lines[path] = entry
    return entry


def is_looked_for(given):
    """Whether something may be about to open the script's file.

    What opens it by the name that its code has is numba for its cache, pytest, and
    the interpreter itself for errors that nobody can catch. Modules that the caller
    sends are not searched: with one of them the file is there.
    """
    return (
        "__file__" in text
        or NAME in text
        or "argv[0]" in text
        or "filename" in text
        or "getfile" in text
        or "getsourcefile" in text
        or "numba" in text
        or "pytest" in text
        or "Thread" in text
        or "__del__" in text
        or "atexit" in text
        or "excepthook" in text
        or given and any(name.endswith(b".py") for name in given)
    )


def put(given):
    """Write the file, and return the caller's files with it.

    A file of that name that the caller sent stays as it is. Where there is no room
    the script has to do without.
    """
    if "pytest" in text:
        pytests.provide()
    name, data = os.fsencode(NAME), text.encode()
    try:
        write(name, data)
    except FileExistsError:
        return given
    except OSError:
        try:
            os.unlink(name)
        except OSError:
            pass
        return given
    return {**given, name: data}

"""What differs between the versions of CPython that scripts run on.

All of it is here: what is not here holds for each of them. None of it is a promise
of CPython's, so that a new version needs a look at every line.
"""

import sys
import threading
from opcode import opmap

RAISE = opmap["RAISE_VARARGS"]  # the opcode of a raise statement

# From 3.14 on traceback.walk_stack finds the frame of its caller when it is called,
# before that when its first frame is asked for, which four calls more have done then.
WALKS_FROM_CALL = sys.version_info >= (3, 14)

# From 3.12 on a library says by the names of files whom a warning blames, not by a count of frames.
BLAMES_BY_FILE = sys.version_info >= (3, 12)

# What Python says of threading._shutdown where that fails.
SHUTDOWN_FAILED = (
    "Exception ignored on threading shutdown:\n"
    if sys.version_info >= (3, 13)
    else f"Exception ignored in: {threading!r}\n"
)

# What traceback and linecache import when they tell of an error, and not before.
LATE = ("_suggestions", "ast", "difflib", "tokenize", "unicodedata") if sys.version_info >= (3, 13) else ()

_modules = sys.modules
_late = {name: __import__(name) for name in LATE}
_set_digits, _flags = sys.set_int_max_str_digits, sys.flags
_type, _issubclass = type, issubclass


def set_digits(most):
    """sys.set_int_max_str_digits, which notes it in sys.flags from 3.14 on: a script may have taken that."""
    try:
        _set_digits(most)
    except Exception:
        sys.flags = _flags
        _set_digits(most)


def telling(tell, *given):
    """What tell returns, which is about an error, whatever modules the caller or the script has put in the way."""
    replaced = {name: _modules.get(name) for name, ours in _late.items() if _modules.get(name) is not ours}
    if not replaced:
        return tell(*given)
    try:
        _modules.update((name, _late[name]) for name in replaced)
        return tell(*given)
    finally:
        for name, theirs in replaced.items():
            if theirs is None:
                _modules.pop(name, None)
            else:
                _modules[name] = theirs


if sys.version_info >= (3, 13):

    def told_kind(told):
        """The type of the error that a TracebackException tells of."""
        return told._exc_type

    def tell_as(told, name):
        """Have it tell of an error by this name."""
        told.exc_type_qualname, told.exc_type_module = name, "builtins"

else:

    def told_kind(told):
        """The type of the error that a TracebackException tells of."""
        return told.exc_type

    def tell_as(told, name):
        """Have it tell of an error by this name: format takes it from a class, so there is one to stand in."""
        bases = (SyntaxError,) if _issubclass(told.exc_type, SyntaxError) else ()
        told.exc_type = _type("shown", bases, {"__module__": "builtins", "__qualname__": name})

"""What differs between the versions of CPython that scripts run on.

All of it is here: what is not here holds for each of them. None of it is a promise
of CPython's, so that a new version needs a look at every line.
"""

import sys
from opcode import opmap

RAISE = opmap["RAISE_VARARGS"]  # the opcode of a raise statement

# From 3.14 on traceback.walk_stack finds the frame of its caller when it is called,
# before that when its first frame is asked for, which four calls more have done then.
WALKS_FROM_CALL = sys.version_info >= (3, 14)

_set_digits, _flags = sys.set_int_max_str_digits, sys.flags
_type, _issubclass = type, issubclass


def set_digits(most):
    """sys.set_int_max_str_digits, which notes it in sys.flags from 3.14 on: a script may have taken that."""
    try:
        _set_digits(most)
    except Exception:
        sys.flags = _flags
        _set_digits(most)


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

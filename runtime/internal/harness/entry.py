"""What a request may ask for beside main(input): another function, a program, variables, arguments."""

import io
import os
import sys
import time
import types
from _ast import Assign, Expr, Name, Store

from _harness import display, figures
from _harness.result import parse
from _harness.ways import is_data

COROUTINE = 0x80  # the flag of code with await outside of functions
READS_ENV = frozenset({"os", "posix"})  # imports that pass the check of a request with variables
VALUE = "<value>"  # the variable of the last expression's value, which no script can spell

_environ, _argv = os.environ, sys.argv
_eval, _pop, _type, _issubclass, _int = eval, dict.pop, type, issubclass, int
_Coroutine, _StringIO = types.CoroutineType, io.StringIO
_exit_code = SystemExit.__dict__["code"].__get__


class Asked:
    """What a request asks for; the class itself is what most do."""

    entry = "main"
    program = spread = convert = False
    env, args = {}, ()

    def __init__(self, text):
        self.__dict__.update(parse(text))
        if not self.entry.isascii():  # then Python has it in another form than it may be written in
            from unicodedata import normalize

            self.entry = normalize("NFKC", self.entry)

    def provide(self):
        """Put variables and arguments where the script finds them."""
        for name, value in self.env.items():
            _environ[name] = value
        if "TZ" in self.env:
            time.tzset()
        _argv[1:] = self.args


def keep_value(tree, text):
    """Let a program keep the value of its last expression; as in a notebook, not with a semicolon behind it."""
    last = tree.body[-1] if tree.body else None
    if _type(last) is Expr and not text_after(last, text).startswith(";"):
        at = {name: getattr(last, name) for name in last._attributes}
        tree.body[-1] = Assign([Name(VALUE, Store(), **at)], last.value, **at)


def text_after(node, text):
    """What stands behind the node in its last line."""
    lines = _StringIO(text, None).readlines()
    return lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().lstrip()


def run_program(code, names, run):
    """The value of the last expression of a program. What runs a coroutine is handed over."""
    try:
        begun = _eval(code, names)
        if code.co_flags & COROUTINE:
            run(begun)
    except SystemExit as e:
        if not ended_well(e):
            raise
        return None
    return _pop(names, VALUE, None)


def ended_well(e):
    code = _exit_code(e)
    return code is None or _issubclass(_type(code), _int) and _int.__eq__(code, 0)


def show_text(value, way):
    """The JSON text for a program whose last value is none, nor shows itself: None if it is data.

    What is no data, like the thread that was started last, is shown as a notebook does, and
    so is what a plot gives.
    """
    if (is_data(way) or _issubclass(_type(value), _Coroutine)) and not figures.has_drawn(value):
        return None
    display.collect(value)
    return display.NULL

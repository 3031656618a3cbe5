"""A syntax error as Python prints it: the line, and where in it."""

import traceback

from _harness.faults import NAME, Refused, clip
from _harness.scriptfile import lines_of
from _harness.versions import telling

ONLY_AST = 0x400
_compile, _len, _type, _max = compile, len, type, max
_TracebackException = traceback.TracebackException


def refused(e, text):
    """The refusal of a script with this SyntaxError."""
    error = f"{_type(e).__name__}: {e.msg}"
    line = e.lineno or 1
    try:
        if not e.text or is_of_the_compiler(text):
            take_line(e, text)
        column = e.offset or 0
        clip(e)
        shown = telling(show, e)
    except Exception:
        column, shown = 0, ""  # the sentence has the line
    return Refused("syntax_error", error, line, column=_max(column, 0), traceback=shown)


def show(e):
    return "".join(_TracebackException(_type(e), e, None).format_exception_only())


def refused_nul(text, at):
    """The same for a null byte, of which Python does not say where it is."""
    line = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    shown = text[start:].partition("\n")[0].replace("\0", "\N{REPLACEMENT CHARACTER}")
    where = NAME, line, at - start + 1, shown, line, at - start + 2
    return refused(SyntaxError("source code string cannot contain null bytes", where), "")


def is_of_the_compiler(text):
    """Whether the parser takes the text: then it is the compiler that refused it.

    It reads the line from the file of the script's name, which may be another, and
    counts bytes.
    """
    try:
        _compile(text, NAME, "exec", ONLY_AST, True)
    except Exception:
        return False
    return True


def take_line(e, text):
    lines = lines_of(text)
    if not e.lineno or e.lineno > _len(lines):
        return
    line = lines[e.lineno - 1].encode(errors="replace")
    e.text = line.decode()
    for name in "offset", "end_offset":
        at = getattr(e, name)
        if at and at > 0:
            setattr(e, name, _len(line[: at - 1].decode(errors="replace")) + 1)

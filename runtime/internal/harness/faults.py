"""What goes wrong with a script, in the words its caller gets."""

import mmap
import traceback
from _thread import stack_size as _stack_size
from sys import _getframe

from _harness import native, reserve
from _harness.versions import WALKS_FROM_CALL, tell_as, telling, told_kind

NAME = "script.py"
MODULE = "script"
OURS = "<run>", "<series>", "<entry>", "<convert>", "<kinds>"  # the code that calls the script's
STAND_INS = frozenset({"<devices>", "<locks>", "<processes>", "<signals>"})  # functions in the place of the library's
TEXT_LIMIT = 64 << 10  # longest message or traceback sent
LINE = 160  # characters of a line that a SyntaxError shows
THREAD_STACK = 2 << 20  # bytes; the zygote sets it for threads that ask for no other
CAUSES = 100  # of one exception that are looked at; a script can make a circle of them
ENOMEM, EMFILE, EFBIG, ENOSPC = 12, 24, 27, 28

below = "/tmp/"  # the start of the names of the caller's files

_map, _page, _private = mmap.mmap, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
_len, _str, _type, _isinstance, _issubclass = len, str, type, isinstance, issubclass
_startswith = str.startswith

# Attributes as the interpreter has them, whatever a script's class says.
_qualname, _module = (type.__dict__[name].__get__ for name in ("__qualname__", "__module__"))
_errno = OSError.__dict__["errno"].__get__
traceback_of, _context_of = (BaseException.__dict__[name].__get__ for name in ("__traceback__", "__context__"))


def name_of(kind):
    return _qualname(kind)


class Refused(Exception):
    """The source is not acceptable: nothing of it was executed."""

    def __init__(self, status, error, line=0, **more):
        self.status, self.error, self.line = status, error, line
        self.more = more  # what else there is to say of it


class NotJSON(Exception):
    """The value of main is no JSON, or something inside it; way is what would make it some."""

    def __init__(self, error, way, inside=False):
        self.error, self.way, self.inside = error, way, inside


def settle(home):
    """Say in which directory the caller's files are."""
    global below
    below = home + "/"


def is_callers(filename):
    """Whether code of that file is the caller's: the script, or a module that came with it."""
    return filename == NAME or _startswith(filename, below)


def callers_frames(stack):
    """The frames of a stack that are in the caller's files, which go by their names there."""
    frames = [f for f in stack if is_callers(f.filename)]
    for f in frames:
        f.filename = called(f.filename)
    return frames


def walk_stack(f):
    """traceback.walk_stack, without the frames that are ours: those below the script, and stand-ins."""
    return frames_from(_getframe().f_back if f is None and WALKS_FROM_CALL else f)


def frames_from(f):
    if f is None:
        f = _getframe().f_back.f_back.f_back.f_back
    while f is not None and f.f_code.co_filename not in OURS:
        if f.f_code.co_filename not in STAND_INS:
            yield f, f.f_lineno
        f = f.f_back


def called(filename):
    return filename[_len(below) :] if _startswith(filename, below) else filename


def causes_of(e):
    """The exception, and those during whose handling it came, as far as that is of use."""
    for _ in range(CAUSES):
        if e is None:
            break
        yield e
        e = _context_of(e)


def classify(e):
    """The status of an exception that reached the top, and the limit it met."""
    kind = _type(e)
    if _issubclass(kind, MemoryError):
        return "memory_limit", ""
    if _issubclass(kind, ImportError) and lacks_memory(message_of(e)):
        return "memory_limit", ""
    if _issubclass(kind, OSError):
        errno = _errno(e)
        if errno == ENOMEM:
            return "memory_limit", ""
        if errno in (ENOSPC, EFBIG):
            return "file_limit", "tmp"
        if errno == EMFILE:
            return "file_limit", "open_files"
    if kind is SystemError and forgot_why(message_of(e)) and not native.has_room(native.PLENTY):
        return "memory_limit", ""
    if kind is RuntimeError and _str(e) == "can't start new thread":
        return "script_error", "stack" if stack_is_lacking() else "threads"
    return "script_error", ""


def lacks_memory(message):
    """Whether the C library could not map what an import loads."""
    if "static TLS block" in message:  # whose size is no matter of the limit's
        return False
    return "failed to map segment from shared object" in message or "annot allocate memory" in message


def forgot_why(message):
    """Whether code in C failed and did not say what of, as some does where it gets no memory."""
    return "without exception set" in message or "without setting an exception" in message


def stack_is_lacking():
    """Whether it is memory that a new thread could not get.

    The C library maps its stack, with a page to guard it, before it asks the
    kernel for the thread. What the script holds is still there when this is asked,
    and what was given back since is not for threads.
    """
    try:
        _map(-1, (_stack_size() or THREAD_STACK) + _page + reserve.given, flags=_private).close()
    except OSError:
        return True
    return False


def line_of(tb):
    line = 0
    try:
        while tb is not None:
            if tb.tb_frame.f_code.co_filename == NAME:
                line = tb.tb_lineno
            tb = tb.tb_next
    except BaseException:  # an audit hook of the script's forbids to look
        pass
    return line


def describe(e):
    """The error in one line, and Python's traceback without our own frames."""
    kind = _type(e)
    try:
        message, text = telling(tell, kind, e)
    except BaseException:  # the script has broken what is needed for this
        message, text = message_of(e), ""
    name = full_name(kind)
    if _len(text) > TEXT_LIMIT:
        half = TEXT_LIMIT // 2
        text = f"{text[:half]}\n… {_len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return f"{name}: {message}" if message else name, text


def tell(kind, e):
    told = traceback.TracebackException(kind, e, traceback_of(e), compact=True)
    message = told.msg if _issubclass(kind, SyntaxError) else told._str
    own_frames(told, set())
    return message, "".join(told.format(chain=True))


def message_of(e):
    try:
        return _str(e)
    except BaseException:
        return "<exception str() failed>"


def full_name(kind):
    """A class as tracebacks name it; the script's own stand in no module."""
    where = _module(kind)
    if not _isinstance(where, _str) or where in ("builtins", "__main__", MODULE):
        return name_of(kind)
    return f"{where}.{name_of(kind)}"


def clip(e):
    """Leave of a long line what is around the place that a SyntaxError points at."""
    text, start, end = e.text, e.offset or 0, e.end_offset or 0
    if not _isinstance(text, _str) or _len(text) <= LINE:
        return
    text = text.rstrip("\n")
    left = max(0, min(start - LINE // 2, _len(text) - LINE))
    mark = "… " if left else ""
    e.text = mark + text[left : left + LINE] + (" …" if left + LINE < _len(text) else "")
    if start > 0:
        e.offset = start - left + _len(mark)
    if end > 0 and e.end_lineno in (None, e.lineno):
        e.end_offset = min(end - left, LINE + 1) + _len(mark)


def own_frames(told, seen):
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = callers_frames(told.stack)
    kind = told_kind(told)
    if _issubclass(kind, SyntaxError) and _isinstance(told.filename, _str):
        told.filename = called(told.filename)
        clip(told)
    tell_as(told, full_name(kind))
    own_frames(told.__cause__, seen)
    own_frames(told.__context__, seen)
    for inner in told.exceptions or ():
        own_frames(inner, seen)

"""What Python does behind a script's last line, in its order.

The script's hook for an error, threads that are not daemons, what is registered
with threading and atexit, destructors. Whatever of it goes wrong is told on stderr
and changes no result; all of it is within the time limit.
"""

import atexit
import gc
import sys
import threading
import traceback
import weakref
from _thread import _count
from _thread import get_ident as _get_ident

from _harness import files, scriptfile, streams
from _harness.faults import MODULE, NAME, OURS, callers_frames, describe, traceback_of
from _harness.versions import SHUTDOWN_FAILED, telling

NAME_LIMIT = 100  # characters of a thread's name that are told

_callbacks, _run_callbacks = atexit._ncallbacks, atexit._run_exitfuncs
_modules, _collect, _len, _str, _callable, _print = sys.modules, gc.collect, len, str, callable, print
_excepthook, _frames = sys.excepthook, sys._current_frames
_set_traceback = BaseException.__dict__["__traceback__"].__set__
_registered, _finalizers = threading._threading_atexits, weakref.finalize._registry
_handlers = []  # of logging, which flushes them

_before = None  # what there was of all this before the script
step = ""  # what is being waited for: threads or atexit


def settle():
    """Remember what is there anyway. Runs in each worker, before its script."""
    global _before, _handlers
    logging = _modules.get("logging")
    if logging is not None:
        _handlers = logging._handlerList
    _before = count()


def count():
    return _callbacks(), _len(_registered), _len(_finalizers), _len(_handlers)


def are_any():
    """Whether there is something to do, at next to no cost."""
    return _count() != 0 or count() != _before


def finish():
    """Wait for threads, then call what is registered for the exit."""
    global step
    step = "threads"
    try:
        threads = _modules.get("threading")
        if threads is not None:
            threads._shutdown()
    except BaseException as e:
        complain(SHUTDOWN_FAILED, e)
    step = "atexit"
    try:
        _run_callbacks()
    except BaseException as e:
        complain("Exception ignored in: <module 'atexit' (built-in)>\n", e)
    step = ""


def may_have_destructors(text):
    """Whether something may be about to run when the script's objects go.

    To let go of them takes as long as it took to make them, so it is not done for nothing:
    destructors, generators, and files of the library's that are whole only when they are closed.
    """
    return (
        "__del__" in text
        or "yield" in text
        and ("finally" in text or "with" in text)
        or "gzip" in text
        or "bz2" in text
        or "lzma" in text
        or "ZipFile" in text
    )


def let_go(e):
    """End the script's objects, as far as nothing else has them."""
    try:
        if e is not None:
            _set_traceback(e, None)
        for name in MODULE, "__main__":
            _modules.pop(name, None)
        files.flush_streams()  # into those that are closed in no order
        _collect()
    except BaseException:  # nothing that a result could be told of
        pass


def call_hook(e):
    """Hand an error to the script's own sys.excepthook, if it has one."""
    try:
        hook = sys.excepthook
        if hook is _excepthook or not _callable(hook):
            return
        tb = traceback_of(e)
        while tb is not None and tb.tb_frame.f_code.co_filename in OURS:
            tb = tb.tb_next
        _set_traceback(e, tb)
        hook(type(e), e, tb)
    except BaseException as again:
        complain("Error in sys.excepthook:\n", again)


def complain(what, e):
    try:
        _print(what, describe(e)[1], sep="", end="", file=streams.err)
    except BaseException:
        pass


def straggler():
    """The name of a thread that is waited for, and the frame that it is in."""
    for thread in threading.enumerate():
        if not thread.daemon and thread.ident != _get_ident():
            return _str(thread.name)[:NAME_LIMIT], _frames().get(thread.ident)
    return "", None


def place(frame):
    """The line of the script that a frame is in or below, and the way to it."""
    scriptfile.keep_source()
    line, text = 0, ""
    try:
        stack = callers_frames(telling(traceback.extract_stack, frame))
        line = next((f.lineno for f in reversed(stack) if f.filename == NAME), 0)
        if stack:
            text = "Traceback (most recent call last):\n" + "".join(traceback.format_list(stack))
    except BaseException:
        pass
    return line, text

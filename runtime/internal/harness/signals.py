"""Signals that a script sends to itself do what they do elsewhere.

The first process of a PID namespace does not die of its own signals but for those
that it has handlers for, and SIGKILL is refused everywhere, so that a run that was
killed was killed by somebody else. So what Python sends is told to the server, and
for what C code sends there is a handler: the C library's _exit, which makes the
number of the signal the status.
"""

import _signal
import ctypes
import os
import posix
import signal as _module
import sys
from operator import index as _index

from _harness.channel import answering, send
from _harness.result import encode_text

SIG_DFL, SIGALRM, SIG_BLOCK = _module.SIG_DFL, _signal.SIGALRM, _signal.SIG_BLOCK
HARMLESS = {_signal.SIGCHLD, _signal.SIGCONT, _signal.SIGURG, _signal.SIGWINCH}
STOP = {_signal.SIGSTOP, _signal.SIGTSTP, _signal.SIGTTIN, _signal.SIGTTOU}
IGNORED_BY_PYTHON = {_signal.SIGPIPE, _signal.SIGXFSZ}
MOST = 64
# What C code sends to its own process, and nobody sends from outside. The server
# has the same list, by the status that they come to.
BY_EXIT = {_signal.SIGABRT, _signal.SIGVTALRM, _signal.SIGPROF}

_libc = ctypes.CDLL(None)
_libc.signal.argtypes = ctypes.c_int, ctypes.c_void_p
_sigaction, _set_for_c = _libc.sigaction, _libc.signal
_leave = ctypes.cast(_libc._exit, ctypes.c_void_p).value
_kill, _killpg, _abort, _exit, _getpid, _getpgid = os.kill, os.killpg, os.abort, os._exit, os.getpid, os.getpgid
_raise, _pthread_kill, _mask = _module.raise_signal, _module.pthread_kill, _signal.pthread_sigmask
_set, _get, _frame = _module.signal, _module.getsignal, sys._getframe
_set_alarm, _set_timer, _get_timer, REAL = _signal.alarm, _signal.setitimer, _signal.getitimer, _signal.ITIMER_REAL
_type, _int = type, int

_alarm = None  # the handler of the time limit
_tell = None  # ends the run by a signal
_again = None  # sets the alarm of the time limit again
_own = False  # whether the script has set that timer for itself


def prepare(on_alarm, tell, again):
    """Put the functions into their modules. Runs in the zygote, once."""
    global _alarm, _tell, _again
    _alarm, _tell, _again = on_alarm, tell, again
    handle_again()
    _signal.signal(SIGALRM, on_alarm)
    for where in os, posix:  # pickle looks where a function says that it is
        where.kill, where.killpg, where.abort, where._exit = kill, killpg, abort, leave
    for where in _module, _signal:
        where.raise_signal, where.pthread_kill = raise_signal, pthread_kill
        where.alarm, where.setitimer, where.getitimer = alarm, setitimer, getitimer
    _module.signal, _module.getsignal = signal, getsignal


def handle_again():
    """Give up what the server was started with: nohup, or a shell's background, ignores signals for all below it."""
    for number in _signal.valid_signals() - IGNORED_BY_PYTHON:
        if _get(number) == _signal.SIG_IGN:
            _set(number, _signal.default_int_handler if number == _signal.SIGINT else SIG_DFL)


def settle():
    """Have C code end the process by what it sends to it. Runs in each worker."""
    for number in BY_EXIT:
        _set_for_c(number, _leave)


def ends(number):
    """Whether this signal ends the process that has it now."""
    try:
        number = _index(number)
    except TypeError:  # for the call to complain of
        return False
    if not 0 < number <= MOST or number in HARMLESS or number in STOP:
        return False
    if number != _signal.SIGKILL and number in _mask(SIG_BLOCK, ()):
        return False
    # Not what Python says: faulthandler has handlers that it knows nothing of.
    action = ctypes.create_string_buffer(256)
    _sigaction(number, None, action)
    return ctypes.c_void_p.from_buffer(action).value in (None, _leave)


def end(number):
    _tell(_index(number), _frame(2))


def kill(pid, signal, /):
    pid = _index(pid)
    if ends(signal) and (pid == 0 or pid == _getpid() or pid < -1 and -pid == _getpgid(0)):
        return end(signal)
    return _kill(pid, signal)


def killpg(pgid, signal, /):
    pgid = _index(pgid)
    if ends(signal) and (pgid == 0 or pgid == _getpgid(0)):
        return end(signal)
    return _killpg(pgid, signal)


def raise_signal(signalnum, /):
    return end(signalnum) if ends(signalnum) else _raise(signalnum)


def pthread_kill(thread_id, signalnum, /):
    _pthread_kill(thread_id, 0)
    return end(signalnum) if ends(signalnum) else _pthread_kill(thread_id, signalnum)


def abort():
    if ends(_signal.SIGABRT):
        end(_signal.SIGABRT)
    _abort()


def leave(status):
    """os._exit, which says so where its status would be taken for a signal's."""
    try:
        code = _index(status)
        code = code & 0xFF if -1 << 31 <= code < 1 << 31 else 0  # the system keeps no more of it
    except TypeError:  # for the call to complain of
        code = 0
    if code in BY_EXIT:
        with answering:
            send(b"E", encode_text({"status": "exited", "error": _int.__repr__(code), "ran": True, "over": True}))
            _exit(code)
    _exit(status)


def signal(signalnum, handler):
    default = _type(handler) in (_int, _type(SIG_DFL)) and handler == SIG_DFL
    was = _set(signalnum, _alarm if default and signalnum == SIGALRM else handler)
    if default and signalnum in BY_EXIT:
        _set_for_c(signalnum, _leave)
    elif default and signalnum == SIGALRM and not _get_timer(REAL)[0]:
        takes_timer(0)
    return SIG_DFL if was is _alarm else was


def getsignal(signalnum):
    found = _get(signalnum)
    return SIG_DFL if found is _alarm else found


def alarm(seconds, /):
    was = _set_alarm(seconds)
    return was if takes_timer(seconds) else 0


def setitimer(which, seconds, interval=0.0, /):
    was = _set_timer(which, seconds, interval)
    return was if which != REAL or takes_timer(seconds) else (0.0, 0.0)


def getitimer(which, /):
    found = _get_timer(which)
    return found if which != REAL or _own else (0.0, 0.0)


def takes_timer(seconds):
    """Note whose the timer of real time is from here on; whether it was the script's before."""
    global _own
    had, _own = _own, seconds > 0
    if not _own and _get(SIGALRM) is _alarm:
        _again()
    return had


for _function, _original in (
    (kill, _kill), (killpg, _killpg), (abort, _abort), (leave, _exit), (raise_signal, _raise),
    (pthread_kill, _pthread_kill), (signal, _set), (getsignal, _get), (alarm, _set_alarm),
    (setitimer, _set_timer), (getitimer, _get_timer),
):
    _function.__module__, _function.__doc__ = _original.__module__, _original.__doc__
    _function.__name__ = _function.__qualname__ = _original.__name__

"""Case after case in one process: the module level once, then the function for each input.

The server sends the inputs one behind the other, ahead of the answers. The answer to
a case is the frame, or the two, of a run, and before it a mark on descriptors 1 and 2:
what was written up to there is the case's. What ends the process in a case ends it
behind the answer.
"""

import builtins
import os
import struct
import sys
import types
from _signal import ITIMER_REAL, setitimer
from time import monotonic as _monotonic

from _harness import attached, display, figures, reserve, run, scriptfile, streams
from _harness.channel import ABSENT, CHANNEL, ahead, answering, send
from _harness.faults import MODULE, NotJSON, Refused
from _harness.result import encode_text, parse
from _harness.source import read_script

CASE = struct.Struct(">II")  # lengths of input and stdin
MARK = struct.Struct(">16sI")  # the server's word, and the number of the case
CHUNK = 1 << 16  # bytes that are read at once
# What a case leaves behind with these, a memory or a /tmp that is full or a function that
# was broken off anywhere, is not for the next one.
ENDS = frozenset({"timeout", "killed", "memory_limit", "file_limit"})
RECURSION = 1000  # of a new interpreter

_read, _write, _exit = os.read, os.write, os._exit
_exec, _len, _isinstance, _callable, _min = exec, len, isinstance, callable, min
_Coroutine = types.CoroutineType
_modules = sys.modules
_get_recursion, _set_recursion = sys.getrecursionlimit, sys.setrecursionlimit
_set_trace, _set_profile = sys.settrace, sys.setprofile


def begin(first, text, mark):
    """Answer cases until the server wants no more. Never returns."""
    cases = Cases(first, mark)
    run.current = cases
    send(b"S", b"")
    cases.guarded(cases.load, text)
    send(b"M", b"")
    while True:
        cases.next()


run.Run.series = begin


class Cases(run.Run):
    """One script and what it is called with, one after the other."""

    loaded = False  # whether the module level is behind it: what fails before fails for all
    fed = False  # whether there is something behind descriptor 0
    recursion = RECURSION  # the limit that the script has set

    def __init__(self, first, mark):
        self.__dict__.update(first.__dict__)
        self.timeout = self.ends - first.began
        self.mark, self.number = mark, 1
        self.data, self.at = ahead.pop(), 0

    def load(self, text):
        code = read_script(text, self.blocked, self.asked.entry)
        self.ran = True
        module = types.ModuleType(MODULE)
        module.__file__, module.__loader__ = scriptfile.path, scriptfile.loader
        names = module.__dict__
        names["__builtins__"] = builtins
        _modules[MODULE] = _modules["__main__"] = module
        try:
            _exec(code, names)
        finally:
            self.leave_script()
        self.function = names.get(self.asked.entry)
        if not _callable(self.function):
            raise Refused("main_missing", "")
        self.loaded = True

    def next(self):
        """Wait for the next case and answer it."""
        given, stdin = self.receive()
        if self.number > 1:  # the first one has what the module level has left of its time
            self.ends = _monotonic() + self.timeout
            setitimer(ITIMER_REAL, self.timeout)
        self.failure = None
        run.current = self
        payload = self.guarded(self.answer_to, given, stdin)
        if payload is None:
            reserve.prepare()
            return
        with answering:
            run.current = None
            setitimer(ITIMER_REAL, 0)
            streams.flush()
            self.put_marks()
            self.send_bag()
            send(b"V", payload)

    def guarded(self, do, *given):
        """What do returns. Where it fails that is the answer, and None comes back."""
        try:
            return do(*given)
        except Refused as e:
            self.fail(e.status, e.error, line=e.line, **e.more)
        except NotJSON as e:
            self.fail("not_json", e.error, way=e.way)
        except SystemExit as e:
            self.exited(e)
        except BaseException as e:
            self.raised(e)
        return None

    def answer_to(self, given, stdin):
        """The JSON text of what the function returns."""
        if stdin or self.fed:
            self.fed = bool(stdin)
            streams.feed(stdin)
        if self.recursion != RECURSION:
            _set_recursion(self.recursion)
        function = self.function
        try:
            if given is None:
                result = function()
            else:
                result = function(**parse(given)) if self.asked.spread else function(parse(given))
            if _isinstance(result, _Coroutine):
                result = run.run_coroutine(result)
        finally:
            self.leave_script()
        payload = self.encode(result)
        if _len(payload) > run.result_limit:
            raise Refused("result_limit", "bytes")
        return payload

    def leave_script(self):
        """Take back what a script has set for itself, for as long as it is not running."""
        self.recursion = _get_recursion()
        for unset in (_set_profile, _set_trace):
            try:
                unset(None)
            except BaseException:  # an audit hook of the script's
                pass

    def finish(self, e=None):
        """What Python does behind a script is not done: the process ends when no case is left."""

    def answer(self, message, files):
        """Tell why there is no value; without files it is the alarm that tells, in the middle of anything."""
        reserve.give_room()
        over = not self.loaded or not files or message["status"] in ENDS
        with answering:
            run.current = None
            setitimer(ITIMER_REAL, 0)
            streams.flush()
            self.put_marks()
            self.send_bag(files)
            send(b"E", encode_text({**message, "over": over}))
            if over:
                _exit(0)

    def send_bag(self, files=True):
        run.Run.send_bag(self, files)
        if attached._bag is not None:
            attached._bag = display.latest = None
            display.count = figures.count = 0

    def put_marks(self):
        mark = MARK.pack(self.mark, self.number)
        self.number += 1
        for fd in 1, 2:
            try:
                _write(fd, mark)
            except OSError:  # the script has closed it
                pass

    def receive(self):
        """The next input, or None, and stdin."""
        self.have(CASE.size)
        given, stdin = CASE.unpack_from(self.data, self.at)
        absent = given == ABSENT
        size = CASE.size + (0 if absent else given) + stdin
        self.have(size)
        at = self.at + CASE.size
        self.at += size
        middle = self.at - stdin
        return None if absent else self.data[at:middle], self.data[middle : self.at]

    def have(self, size):
        """Read until so much is there; at the end there is no case any more."""
        left = _len(self.data) - self.at
        if left >= size:
            return
        parts = [self.data[self.at :]]
        while left < size:
            data = _read(CHANNEL, _min(max(size - left, CHUNK), 1 << 20))
            if not data:
                _exit(0)
            parts.append(data)
            left += _len(data)
        self.data, self.at = b"".join(parts), 0

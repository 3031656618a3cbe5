"""One script from its text to its answer.

Everything a script could replace (json, sys.stdout, os) is held by private
references taken before the script exists, and the builtins of these modules
are a copy of their own. What the script does to the rest is its own affair: it
can only change the answer to itself.
"""

import builtins
import gc
import os
import sys
import traceback
import types
from _signal import ITIMER_REAL, SIGALRM, getitimer, setitimer, signal
from time import monotonic as _monotonic

from _harness import attached, devices, display, ends, entry, figures, files, home, scriptfile, streams
from _harness.channel import SERIES, answering, receive, send
from _harness.convert import convert
from _harness.denials import denied
from _harness.faults import (
    MODULE,
    TEXT_LIMIT,
    NotJSON,
    Refused,
    causes_of,
    classify,
    describe,
    line_of,
    traceback_of,
)
from _harness.reserve import give_room
from _harness.result import encode, encode_text, parse
from _harness.source import read_script

_exit = os._exit
_exec, _len, _type = exec, len, type
_isinstance, _issubclass, _callable = isinstance, issubclass, callable
_Coroutine = types.CoroutineType
_exit_code = SystemExit.__dict__["code"].__get__
_modules = sys.modules
_clear_frames, _collect = traceback.clear_frames, gc.collect
_set_trace, _set_profile, _set_recursion = sys.settrace, sys.setprofile, sys.setrecursionlimit

blocked = frozenset()
result_limit = 0
current = None  # the run that the alarm is for


def prepare(config):
    """Take the settings. Runs in the zygote, once."""
    global blocked, result_limit
    blocked = frozenset(config["blocked_imports"])
    result_limit = config["result_bytes"]
    attached.prepare(config)


class Run:
    """One script from its text to its answer."""

    asked = entry.Asked  # how to run it
    given = {}  # the caller's files
    home = None  # the directory to take files from, where they are wanted back
    over = False  # what follows a script is done, or being done
    series = None  # how to answer case after case, see series.py
    failure = None  # the answer of a script that has failed, while that is

    def serve(self):
        text, given, stdin, options, blob, wanted, timeout = receive()
        global current
        current = self
        self.ran = False
        self.blocked = blocked
        # Read before the timer starts, which may be long after on a busy machine.
        self.ends = _monotonic() + timeout
        setitimer(ITIMER_REAL, timeout)
        try:
            if options:
                self.asked = entry.Asked(options)
                self.asked.provide()
                if self.asked.env:
                    self.blocked = blocked - entry.READS_ENV
            streams.put_stdin(stdin)
            if blob:
                self.put(blob)
            self.provide(text)
            if wanted:
                if wanted == SERIES:
                    self.began = self.ends - timeout
                    self.series(text, given)  # which is the server's mark
                self.home = files.home()
            code = read_script(text, self.blocked, self.asked.entry, self.asked.program)
            self.ran = True
            result = self.call(code, given)
            payload = self.encode(result)
            del result, code
            self.finish()
            self.collect()
        except Refused as e:
            self.fail(e.status, e.error, line=e.line, **e.more)
        except NotJSON as e:
            self.fail("not_json", e.error, way=e.way)
        except SystemExit as e:
            self.exited(e)
        except BaseException as e:
            self.raised(e)
        else:
            with answering:
                current = None
                streams.flush()
                if _len(payload) > result_limit:
                    self.fail("result_limit", "bytes")
                self.send_bag()
                send(b"V", payload)
                _exit(0)

    def put(self, blob):
        try:
            self.given = files.put(blob)
            modules = home.modules_of(self.given)
            home.give_way(modules)
            self.blocked -= modules
        except OSError:
            raise Refused("file_limit", "files") from None

    def provide(self, text):
        """Let there be what this script will look for and most don't."""
        scriptfile.text = text
        if scriptfile.is_looked_for(self.given):
            self.given = scriptfile.put(self.given)
        if devices.are_named(text, self.given):
            devices.provide()
        if display.is_named(text, self.given):
            display.provide()

    def encode(self, result):
        """The JSON text of the result, and in the bag what else there is to see."""
        try:
            payload = encode(convert(result, result_limit) if self.asked.convert else result)
        except NotJSON as e:
            payload = None if e.inside else display.show(result)
            if payload is None and self.asked.program and not self.asked.convert:
                payload = entry.show_text(result, e.way)
            if payload is None:
                raise
        if figures.any_left():
            figures.take_rest()
        return payload

    def finish(self, e=None):
        """Do what Python does behind a script; e is what the script failed with."""
        if self.over:
            return
        self.over = True
        if ends.are_any():
            if not getitimer(ITIMER_REAL)[0]:  # the script had the alarm for itself
                signal(SIGALRM, on_alarm)
                set_alarm()
            ends.finish()
        if ends.may_have_destructors(scriptfile.text):
            ends.let_go(e)

    def collect(self):
        """Take the files along, if they are wanted and not taken yet."""
        if self.home is not None:
            where, self.home = self.home, None
            files.Collector(attached.bag(), self.given).collect(where)

    def send_bag(self, files=True):
        payload = attached.payload(files)
        if payload:
            send(b"A", payload)

    def call(self, code, given):
        asked = self.asked
        module = types.ModuleType("__main__" if asked.program else MODULE)
        module.__file__, module.__loader__ = scriptfile.path, scriptfile.loader
        names = module.__dict__
        names["__builtins__"] = builtins
        _modules[module.__name__] = _modules["__main__"] = module
        try:
            if asked.program:
                return entry.run_program(code, names, run_coroutine)
            _exec(code, names)
            function = names.get(asked.entry)
            if not _callable(function):
                raise Refused("main_missing", "")
            if given is None:
                result = function()
            else:
                result = function(**parse(given)) if asked.spread else function(parse(given))
            return run_coroutine(result) if _isinstance(result, _Coroutine) else result
        finally:  # what a script watches is the script, not what follows it
            for unset in (_set_profile, _set_trace):
                try:
                    unset(None)
                except BaseException:  # an audit hook of the script's
                    pass

    def fail(self, status, error, e=None, **more):
        give_room()
        more = {k: v for k, v in more.items() if v}
        message = {"status": status, "error": error[:TEXT_LIMIT], "ran": self.ran, **more}
        stopped = status in ("timeout", "killed")  # which may have come while files were collected
        if self.ran and not stopped:
            self.failure = message
            try:
                if e is not None and status != "exited":
                    ends.call_hook(e)
                if status != "memory_limit" and figures.any_left():
                    figures.take_rest()
                self.finish(e)
                self.collect()
            except BaseException:
                pass
        self.answer(message, files=not stopped)

    def answer(self, message, files):
        """Tell why there is no value."""
        global current
        give_room()
        with answering:
            current = None  # from here on the alarm has nothing to add
            streams.flush()
            self.send_bag(files)
            send(b"E", encode_text(message))
            _exit(0)

    def exited(self, e):
        code = _exit_code(e)
        if code is None:
            code = 0
        elif not _issubclass(_type(code), int):
            try:
                print(code, file=streams.err)
            except BaseException:
                pass
            code = 1
        elif not -1 << 31 <= code < 1 << 31:
            code = -1  # as the interpreter does
        # A script that ends with success has coped with what was refused.
        self.fail("exited", int.__repr__(code), e, denied=denied(e) if code else "")

    def raised(self, e):
        give_room()
        _set_recursion(1000)  # the script may have left less than this takes
        tb = traceback_of(e)
        line = line_of(tb)
        status, detail = classify(e)
        if status == "memory_limit":
            # Give back what the dead frames hold before anything is formatted. Where there was no memory
            # for a traceback either, they are those of an error that this one came of.
            for cause in causes_of(e):
                _clear_frames(traceback_of(cause))
            _collect()
        scriptfile.keep_source()
        error, text = describe(e)
        self.fail(status, error, e, traceback=text, line=line, denied=denied(e), limit=detail)


def run_coroutine(coroutine):
    return home.from_library("asyncio").run(coroutine)


def set_alarm():
    """Have the run told when its time is up."""
    if current is not None:
        setitimer(ITIMER_REAL, max(current.ends - _monotonic(), 0.001))


def on_alarm(signum, frame):
    """The wall clock ran out: keep the output, say where the script was.

    The server enforces the limit by itself; this only makes the answer better.
    """
    run = current
    if run is None:
        return
    if _monotonic() < run.ends - 0.001:  # an alarm of the script's own, for which it has no handler
        return on_signal(signum, frame)
    if run.failure:  # which says more, and came first
        run.answer(run.failure, files=False)
    waiting, limit = "", ends.step
    if limit == "threads":
        try:
            waiting, frame = ends.straggler()
        except BaseException:
            pass
    line, text = ends.place(frame)
    run.fail("timeout", waiting, traceback=text, line=line, limit=limit)


def on_signal(number, frame):
    """The script has sent itself a signal that ends a process: it does not go on behind it."""
    with answering:
        run = current
        if run is not None:
            line, text = ends.place(frame)
            run.fail("killed", int.__repr__(number), traceback=text, line=line)

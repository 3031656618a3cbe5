"""What a child of the zygote runs: confine, warm up, one script, one answer.

Everything a script could replace (json, sys.stdout, os) is held by private
references taken before the script exists, and the builtins of these modules
are a copy of their own. What the script does to the rest is its own affair: it
can only change the answer to itself.
"""

import builtins
import codecs
import gc
import io
import json
import os
import sys
import traceback
import types
from _signal import ITIMER_REAL, SIGALRM, setitimer, signal
from time import monotonic as _monotonic

from _harness import attached, denials, display, files
from _harness.channel import CHANNEL, receive, send
from _harness.confine import confine, flush_c
from _harness.faults import (MODULE, NAME, TEXT_LIMIT, NotJSON, Refused, classify, describe, keep_source, line_of,
                             traceback_of)
from _harness.randomness import reseed
from _harness.result import encode, encode_text, parse
from _harness.source import read_script

_write, _exit = os.write, os._exit
_exec, _len, _str, _type = exec, len, str, type
_isinstance, _issubclass, _callable = isinstance, issubclass, callable
_Coroutine = types.CoroutineType
_exit_code = SystemExit.__dict__["code"].__get__
_modules = sys.modules
_clear_frames, _collect = traceback.clear_frames, gc.collect
_set_trace, _set_profile, _set_recursion = sys.settrace, sys.setprofile, sys.setrecursionlimit

steps = []
blocked = frozenset()
result_limit = 0
current = None  # the run that the alarm is for


def prepare(config):
    """Take the settings. Runs in the zygote, once."""
    global blocked, result_limit
    blocked = frozenset(config["blocked_imports"])
    result_limit = config["result_bytes"]
    attached.prepare(config)
    sys.argv[:] = [NAME]
    sys.dont_write_bytecode = True
    os.environ.clear()
    if os.path.exists("/etc/passwd"):
        forget_host_files()
    signal(SIGALRM, on_alarm)
    codecs.register_error("script.replace", lambda e: (b"\xef\xbf\xbd" * (e.end - e.start), e.end))
    open_streams()


def forget_host_files():
    """Keep the library from files that can be seen here and not read.

    So it is where Landlock alone hides them; in a private root they don't exist.
    """
    import mimetypes
    import zoneinfo

    mimetypes.knownfiles.clear()
    zoneinfo.reset_tzpath(())  # the tzdata package has them


out = err = None  # the text streams on 1 and 2, whatever sys.stdout becomes


def open_streams():
    """Make sys.stdin, stdout and stderr: they take any text and lose none.

    Once, in the zygote, over pipes like those a worker will have there: a
    stream looks at its descriptor only when it is made. Stderr is a pipe already.
    """
    global out, err
    ends = os.pipe()
    os.dup2(ends[1], 1)
    os.close(ends[0])
    os.close(ends[1])
    out, err = (
        io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(fd, "wb", closefd=False)),
            encoding="utf-8", errors=errors, newline="\n", line_buffering=True,
        )
        for fd, errors in ((1, "script.replace"), (2, "backslashreplace"))
    )
    sys.stdout = sys.__stdout__ = out
    sys.stderr = sys.__stderr__ = err
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(
        io.BufferedReader(io.FileIO(0, "rb", closefd=False)), encoding="utf-8", errors="replace",
    )
    os.dup2(0, 1)


def main(fds, uid, hurry, scratch):
    """The life of a worker, in the child of the fork. Never returns.

    Rehearsing makes the run faster by what it costs itself: not worth it when
    a caller is waiting already.
    """
    try:
        os.dup2(fds[0], CHANNEL, False)
        os.dup2(fds[1], 1)
        os.dup2(fds[2], 2)
        denials.home = scratch or denials.home
        refused = confine(steps, {"uid": uid, "scratch": scratch})
        if refused:
            layer, name, errno = refused
            send(b"C", json.dumps({"layer": layer, "step": name, "errno": errno}).encode())
            _exit(0)
        reseed()
        if not hurry:
            rehearse()
        gc.enable()
        send(b"R", b"")
        Run().serve()
    except BaseException as e:
        try:
            send(b"E", encode_text({"status": "internal", "error": repr(e), "ran": True}))
        except BaseException:
            pass  # the channel is broken; the server takes this for an exit
    finally:
        _exit(0)


def rehearse():
    """Run a dummy script, so that no first time is left for the real one."""
    run = Run()
    code = read_script("def main(x):\n    print('', end='')\n    return {'a': [x, 1.5, None]}\n", frozenset())
    run.result = run.call(code, b"[1]")
    run.encode(run.result)
    run.flush()
    _modules.pop(MODULE, None)


class Run:
    """One script from its text to its answer."""

    given = {}  # the caller's files
    home = None  # the directory to take files from, where they are wanted back
    bag = None  # what comes back beside the value

    def serve(self):
        text, given, stdin, blob, wanted, timeout = receive()
        global current
        current = self
        self.text = text
        self.ran = False
        # Read before the timer starts, which may be long after on a busy machine.
        self.ends = _monotonic() + timeout
        setitimer(ITIMER_REAL, timeout)
        try:
            self.open_stdin(stdin)
            if blob:
                self.put(blob)
            if wanted:
                self.home = files.home()
            code = read_script(text, blocked)
            self.ran = True
            result = self.call(code, given)
            payload = self.encode(result)
            self.collect()
        except Refused as e:
            self.fail(e.status, e.error, line=e.line)
        except NotJSON as e:
            self.fail("not_json", e.error)
        except SystemExit as e:
            self.exited(e)
        except BaseException as e:
            self.raised(e)
        else:
            current = None
            self.flush()
            if _len(payload) > result_limit:
                self.fail("result_limit", "bytes")
            self.send_bag()
            send(b"V", payload)
        _exit(0)

    def open_stdin(self, data):
        """Put stdin behind descriptor 0, as an unnamed file of the run's own."""
        if not data:
            return
        try:
            fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
        except OSError:  # not every kernel and file system has such files
            fd = os.open(".stdin", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            os.unlink(".stdin")
        view = memoryview(data)
        while view:
            view = view[_write(fd, view) :]
        os.lseek(fd, 0, 0)
        os.dup2(fd, 0)
        os.close(fd)

    def put(self, blob):
        try:
            self.given = files.put(blob)
        except OSError:
            raise Refused("file_limit", "files")

    def encode(self, result):
        """The JSON text of the result, and in the bag what else there is to see."""
        try:
            payload = encode(result)
        except NotJSON:
            self.bag = attached.Attached()
            payload = display.show(result, self.bag)
            if payload is None:
                self.bag = None
                raise
        if self.bag or display.any_open():
            self.bag = self.bag or attached.Attached()
            display.draw(result, self.bag)
        return payload

    def collect(self):
        """Take the files along, if they are wanted and not taken yet."""
        if self.home is not None:
            self.bag = self.bag or attached.Attached()
            where, self.home = self.home, None
            files.Collector(self.bag, self.given).collect(where)

    def send_bag(self):
        if self.bag and self.bag.records:
            send(b"A", self.bag.payload())

    def call(self, code, given):
        module = types.ModuleType(MODULE)
        module.__file__ = NAME
        names = module.__dict__
        names["__builtins__"] = builtins
        _modules[MODULE] = _modules["__main__"] = module
        try:
            _exec(code, names)
            function = names.get("main")
            if not _callable(function):
                raise Refused("main_missing", "")
            if given is None:
                result = function()
            else:
                result = function(parse(given))
            if _isinstance(result, _Coroutine):
                import asyncio

                result = asyncio.run(result)
            return result
        finally:  # what a script watches is the script, not what follows it
            for unset in (_set_profile, _set_trace):
                try:
                    unset(None)
                except BaseException:  # an audit hook of the script's
                    pass

    def flush(self):
        """Let out what was written, whoever replaced sys.stdout meanwhile."""
        for name, ours in ("stdout", out), ("stderr", err):
            try:
                getattr(sys, name).flush()
            except BaseException:
                pass
            try:
                ours.flush()
            except BaseException:
                pass
        try:
            flush_c()
        except BaseException:
            pass

    def fail(self, status, error, **more):
        global current
        if status in ("timeout", "killed"):
            self.bag = None  # the alarm may have come while it was being filled
        elif self.ran:
            try:
                self.collect()
            except BaseException:
                pass
        current = None  # from here on the alarm has nothing to add
        self.flush()
        more = {k: v for k, v in more.items() if v}
        message = {"status": status, "error": error[:TEXT_LIMIT], "ran": self.ran, **more}
        self.send_bag()
        send(b"E", encode_text(message))
        _exit(0)

    def exited(self, e):
        code = _exit_code(e)
        if code is None:
            code = 0
        elif not _issubclass(_type(code), int):
            try:
                print(code, file=err)
            except BaseException:
                pass
            code = 1
        elif not -1 << 31 <= code < 1 << 31:
            code = -1  # as the interpreter does
        # Who ends with success has coped with what was refused.
        self.fail("exited", int.__repr__(code), denied=denied(e) if code else "")

    def raised(self, e):
        _set_recursion(1000)  # the script may have left less than this takes
        tb = traceback_of(e)
        line = line_of(tb)
        status, detail = classify(e)
        if status == "memory_limit":
            # Give back what the dead frames hold before anything is formatted.
            _clear_frames(tb)
            _collect()
        keep_source(self.text)
        error, text = describe(e)
        self.fail(status, error, traceback=text, line=line, denied=denied(e), limit=detail)


def denied(e):
    try:
        return denials.refused_by_sandbox(e)
    except BaseException:  # the script has broken what is needed for this
        return ""


def on_alarm(signum, frame):
    """The wall clock ran out: keep the output, say where the script was.

    The server enforces the limit by itself; this only makes the answer better.
    """
    run = current
    if run is None:
        return
    keep_source(run.text)
    line, text = 0, ""
    try:
        stack = [f for f in traceback.extract_stack(frame) if f.filename == NAME]
        if stack:
            line = stack[-1].lineno
            text = "Traceback (most recent call last):\n" + "".join(traceback.format_list(stack))
    except BaseException:
        pass
    # Before its time it is an alarm of the script's own, for which it has no
    # handler. That kills a process; this one, an init, it would not.
    status = "timeout" if _monotonic() >= run.ends - 0.001 else "killed"
    run.fail(status, "", traceback=text, line=line)

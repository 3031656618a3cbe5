"""What a child of the zygote runs: confine, warm up, one script, one answer.

Everything a script could replace (json, sys.stdout, builtins, os) is held by
private references taken before the script exists. What the script does to this
module is its own affair: it can only change the answer to itself.
"""

import builtins
import ctypes
import gc
import io
import json
import linecache
import os
import struct
import sys
import traceback
import types
from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner
from _signal import ITIMER_REAL, SIGALRM, setitimer, signal

CHANNEL = 3  # the descriptor of the result channel
NAME = "script.py"
MODULE = "script"
ONLY_AST = 0x400
ABSENT = 0xFFFFFFFF
REQUEST = struct.Struct(">IIId")  # lengths of script, input, stdin; timeout
FRAME = struct.Struct(">Ic")  # length of the payload, kind
TEXT_LIMIT = 64 << 10  # longest message or traceback sent
EPERM, EACCES, EMFILE, EFBIG, ENOSPC, EROFS = 1, 13, 24, 27, 28, 30
CO_COROUTINE = 0x80

_read, _write, _exit = os.read, os.write, os._exit
_set_digits = sys.set_int_max_str_digits
_set_recursion = sys.setrecursionlimit
_compile, _exec, _len, _str, _type = compile, exec, len, str, type
_isinstance, _callable = isinstance, callable
_modules = sys.modules

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long
_fflush = libc.fflush

steps = []
blocked = frozenset()
result_limit = 0


def prepare(config):
    """Take the settings. Runs in the zygote, once."""
    global blocked, result_limit
    blocked = frozenset(config["blocked_imports"])
    result_limit = config["result_bytes"]
    sys.path[:] = [p for p in sys.path if not p.endswith(".zip")] + config["path"]
    sys.argv[:] = [NAME]
    sys.dont_write_bytecode = True
    os.environ.clear()
    signal(SIGALRM, on_alarm)
    import codecs

    codecs.register_error("script.replace", lambda e: ("\ufffd" * (e.end - e.start), e.end))


# ---------------------------------------------------------------- confinement


class Fprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def compile_steps(listed):
    """Turn the list that Go compiled into calls ready to be made."""
    import base64

    def argument(a):
        if "p" in a:
            code = ctypes.create_string_buffer(base64.b64decode(a["p"]))
            prog = Fprog((_len(code) - 1) // 8, ctypes.addressof(code))
            prog.keep = code
            return ctypes.byref(prog)
        if "b" in a:
            data = base64.b64decode(a["b"])
            return ctypes.create_string_buffer(data, _len(data))
        if "s" in a:
            return ctypes.c_char_p(a["s"].encode())
        return ctypes.c_long(a.get("i", 0))

    compiled = []
    for s in listed:
        args, refs = [ctypes.c_long(s["call"])], []
        for a in s.get("args", ()):
            if "r" in a:
                refs.append((_len(args), a["r"], a.get("at", 0)))
            args.append(argument(a))
        want = s.get("want")
        if want is not None:
            want = want["r"] if "r" in want else want.get("i", 0)
        compiled.append((s["layer"], s["name"], args, refs, s.get("save"), s.get("errno", 0), want))
    return compiled


def confine(values):
    """Carry out the steps; a refusal is (layer, step, errno), None is success."""
    for layer, name, args, refs, save, errno, want in steps:
        for at, ref, offset in refs:
            value = values[ref]
            if _isinstance(value, bytes):
                args[at] = ctypes.c_char_p(value)
            elif _isinstance(args[at], ctypes.Array):
                struct.pack_into("=i", args[at], offset, value)
            else:
                args[at] = ctypes.c_long(value)
        r = _syscall(*args)
        got = ctypes.get_errno() if r == -1 else 0
        if got != errno:
            return layer, name, got or 131
        if save:
            values[save] = r
        if want is not None and r != (values[want] if _isinstance(want, str) else want):
            return layer, name, 131
    return None


def main(fds, uid, scratch):
    """The life of a worker, in the child of the fork. Never returns."""
    try:
        os.dup2(fds[0], CHANNEL, False)
        os.dup2(fds[1], 1)
        os.dup2(fds[2], 2)
        _syscall(ctypes.c_long(436), ctypes.c_long(4), ctypes.c_long(0xFFFFFFFF), ctypes.c_long(0))
        refused = confine({"uid": uid, "scratch": scratch})
        if refused:
            layer, name, errno = refused
            send(b"C", json.dumps({"layer": layer, "step": name, "errno": errno}).encode())
            _exit(0)
        rehearse()
        gc.enable()
        send(b"R", b"")
        Run().serve()
    except BaseException as e:
        try:
            send(b"E", json.dumps({"status": "internal", "error": repr(e)}).encode())
        except BaseException:
            pass
    finally:
        _exit(0)


def rehearse():
    """Run a dummy script, so that no first time is left for the real one."""
    run = Run()
    run.open_streams()
    code = run.read_script("def main(x):\n    print('', end='')\n    return {'a': [x, 1.5, None]}\n")
    run.result = run.call(code, b"[1]")
    encode(run.result)
    run.flush()
    _modules.pop(MODULE, None)


# -------------------------------------------------------------------- channel


def send(kind, payload):
    data = FRAME.pack(_len(payload), kind) + payload
    while data:
        data = data[_write(CHANNEL, data) :]


def receive():
    """The one request: script, input or None, stdin, timeout."""
    data = _read(CHANNEL, 1 << 16)
    if not data:
        _exit(0)
    script, given, stdin, timeout = REQUEST.unpack_from(data)
    lengths = script, 0 if given == ABSENT else given, stdin
    total = REQUEST.size + sum(lengths)
    if _len(data) < total:
        parts, have = [data], _len(data)
        while have < total:
            data = _read(CHANNEL, min(total - have, 1 << 20))
            if not data:
                _exit(0)
            parts.append(data)
            have += _len(data)
        data = b"".join(parts)
    a = REQUEST.size
    b = a + lengths[0]
    c = b + lengths[1]
    return data[a:b].decode(), None if given == ABSENT else data[b:c], data[c:], timeout


# ------------------------------------------------------------------- the run


class Refused(Exception):
    """The source is not acceptable: nothing of it was executed."""

    def __init__(self, status, error, line=0):
        self.status, self.error, self.line = status, error, line


class Run:
    """One script from its text to its answer."""

    def serve(self):
        self.open_streams()
        text, given, stdin, timeout = receive()
        setitimer(ITIMER_REAL, timeout)
        global current
        current = self
        self.text = text
        self.ran = False
        try:
            self.open_stdin(stdin)
            code = self.read_script(text)
            self.ran = True
            result = self.call(code, given)
            payload = encode(result)
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
            send(b"V", payload)
        _exit(0)

    def open_streams(self):
        """Text streams on 0, 1 and 2 that take any text and lose none of it."""
        self.out = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(1, "wb", closefd=False)),
            encoding="utf-8", errors="script.replace", newline="\n", line_buffering=True,
        )
        self.err = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(2, "wb", closefd=False)),
            encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True,
        )
        sys.stdout = sys.__stdout__ = self.out
        sys.stderr = sys.__stderr__ = self.err
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(
            io.BufferedReader(io.FileIO(0, "rb", closefd=False)), encoding="utf-8", errors="replace",
        )

    def open_stdin(self, data):
        """Put stdin behind descriptor 0, as an unnamed file of the run's own."""
        if not data:
            return
        fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
        view = memoryview(data)
        while view:
            view = view[_write(fd, view) :]
        os.lseek(fd, 0, 0)
        os.dup2(fd, 0)
        os.close(fd)

    def read_script(self, text):
        """Compile, and say early and clearly what can't work."""
        tree = text
        try:
            if blocked and "import" in text:
                tree = _compile(text, NAME, "exec", ONLY_AST, True)
            code = _compile(tree, NAME, "exec", 0, True)
        except SyntaxError as e:
            raise Refused("syntax_error", f"{type(e).__name__}: {e.msg}", e.lineno or 1)
        except (ValueError, UnicodeError) as e:
            at = text.find("\0")
            line = text.count("\n", 0, at) + 1 if at >= 0 else 1
            raise Refused("syntax_error", f"SyntaxError: {e}", line)
        except (RecursionError, MemoryError):
            # Both are CPython's ways to say that its parser gave up; a script
            # of at most a few MiB can't use up the memory.
            raise Refused("syntax_error", "SyntaxError: the script is nested too deeply", 1)
        if "main" not in code.co_names:
            raise Refused("main_missing", "")
        if tree is not text:
            check_imports(tree)
        return code

    def call(self, code, given):
        module = types.ModuleType(MODULE)
        module.__file__ = NAME
        names = module.__dict__
        names["__builtins__"] = builtins
        _modules[MODULE] = _modules["__main__"] = module
        _exec(code, names)
        function = names.get("main")
        if not _callable(function):
            raise Refused("main_missing", "")
        if given is None:
            result = function()
        else:
            result = function(parse(given))
        if _isinstance(result, types.CoroutineType):
            import asyncio

            result = asyncio.run(result)
        return result

    def flush(self):
        """Let out what was written, whoever replaced sys.stdout meanwhile."""
        for stream in (sys.stdout, sys.stderr, self.out, self.err):
            try:
                stream.flush()
            except BaseException:
                pass
        _fflush(None)

    def fail(self, status, error, **more):
        global current
        current = None  # from here on the alarm has nothing to add
        self.flush()
        more = {k: v for k, v in more.items() if v}
        message = {"status": status, "error": error[:TEXT_LIMIT], "ran": self.ran, **more}
        send(b"E", encode_text(message))
        _exit(0)

    def exited(self, e):
        code = e.code
        if code is None:
            code = 0
        elif not _isinstance(code, int):
            try:
                print(code, file=self.err)
            except BaseException:
                pass
            code = 1
        self.fail("exited", _str(int(code)))

    def raised(self, e):
        status, detail = classify(e)
        if status == "memory_limit":
            # Give back what the dead frames hold before anything is formatted.
            line = line_of(e.__traceback__)
            traceback.clear_frames(e.__traceback__)
            gc.collect()
        else:
            line = line_of(e.__traceback__)
        linecache.cache[NAME] = (_len(self.text), None, self.text.splitlines(True), NAME)
        try:
            error, text = describe(e)
        except BaseException:
            error, text = _type(e).__name__, ""
        try:
            denied = refused_by_kernel(e)
        except BaseException:
            denied = ""
        self.fail(status, error, traceback=text, line=line, denied=denied, limit=detail)


current = None


def on_alarm(signum, frame):
    """The wall clock ran out: keep the output, say where the script was.

    The server enforces the limit by itself; this only makes the answer better.
    """
    run = current
    if run is None:
        return
    linecache.cache[NAME] = (_len(run.text), None, run.text.splitlines(True), NAME)
    line, text = 0, ""
    try:
        stack = [f for f in traceback.extract_stack(frame) if f.filename == NAME]
        if stack:
            line = stack[-1].lineno
            text = "Traceback (most recent call last):\n" + "".join(traceback.format_list(stack))
    except BaseException:
        pass
    run.fail("timeout", "", traceback=text, line=line)


# --------------------------------------------------------------- import check


def check_imports(tree):
    """Refuse imports that can't be of use here. A courtesy, not a boundary."""
    todo = [tree]
    while todo:
        node = todo.pop()
        kind = _type(node).__name__
        if kind == "Import":
            for alias in node.names:
                if alias.name.partition(".")[0] in blocked:
                    raise Refused("import_blocked", "import " + spell(alias), node.lineno)
        elif kind == "ImportFrom":
            if not node.level and node.module.partition(".")[0] in blocked:
                names = ", ".join(spell(a) for a in node.names)
                raise Refused("import_blocked", f"from {node.module} import {names}", node.lineno)
        for field in reversed(node._fields):
            value = getattr(node, field, None)
            if _isinstance(value, list):
                todo.extend(v for v in reversed(value) if hasattr(v, "_fields"))
            elif hasattr(value, "_fields"):
                todo.append(value)


def spell(alias):
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


# ----------------------------------------------------------------- the result


class NotJSON(Exception):
    def __init__(self, error):
        self.error = error


def unsupported(value):
    raise NotJSON("")


def encoder(escape):
    return make_encoder({}, unsupported, escape, None, ":", ",", False, False, False)


def encode(value):
    """The JSON text of what main returned, in UTF-8."""
    _set_digits(0)
    _set_recursion(1000)
    try:
        try:
            return "".join(encoder(encode_basestring)(value, 0)).encode()
        except UnicodeEncodeError:  # lone surrogates: only an escape can carry them
            return "".join(encoder(encode_basestring_ascii)(value, 0)).encode()
    except RecursionError:
        raise Refused("result_limit", "depth")
    except MemoryError:
        raise
    except Exception:
        raise NotJSON(explain(value))


def encode_text(message):
    return "".join(encoder(encode_basestring_ascii)(message, 0)).encode()


def explain(value):
    """The type of the value and, for one nested inside, the path to it."""
    kind = _type(value).__name__
    path, bad = culprit(value, "", set(), 0)
    if path:
        return f"{kind} (result{path} is {bad})"
    return kind if bad == kind else f"{kind} ({bad})"


def culprit(value, path, above, depth):
    """The first part of value that JSON has no form for: (path, what it is)."""
    kind = _type(value).__name__
    if value is None or _isinstance(value, (str, int)):
        return "", ""
    if _isinstance(value, float):
        return (path, repr(float(value))) if value - value != 0 else ("", "")
    if not _isinstance(value, (dict, list, tuple)):
        return path, kind
    if id(value) in above:
        return path, "a reference to a value around it"
    if depth > 900:
        return "", ""
    above.add(id(value))
    keyed = _isinstance(value, dict)
    for key, item in value.items() if keyed else enumerate(value):
        if keyed and not (key is None or _isinstance(key, (str, int, float))):
            return f"{path}[{key!r:.80}]", f"under a key of type {_type(key).__name__}"
        found = culprit(item, f"{path}[{key!r:.80}]", above, depth + 1)
        if found[1]:
            return found
    above.discard(id(value))
    return "", ""


class Context:
    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = float
    memo = {}


_scan = make_scanner(Context)


def parse(data):
    """The input as a Python value. The server has checked that it is JSON."""
    _set_digits(0)
    try:
        return _scan(data.decode().strip(" \t\r\n"), 0)[0]
    finally:
        _set_digits(4300)


# ------------------------------------------------------------------ exceptions


def classify(e):
    """The status of an exception that reached the top, and the limit it met."""
    if _isinstance(e, MemoryError):
        return "memory_limit", ""
    if _isinstance(e, OSError):
        if e.errno in (ENOSPC, EFBIG):
            return "file_limit", "tmp"
        if e.errno == EMFILE:
            return "file_limit", "open_files"
    if _isinstance(e, RuntimeError) and _str(e) == "can't start new thread":
        return "script_error", "threads"
    return "script_error", ""


def line_of(tb):
    line = 0
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == NAME:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


def describe(e):
    """The error in one line, and Python's traceback without our own frames."""
    told = traceback.TracebackException(_type(e), e, e.__traceback__, compact=True)
    own_frames(told, set())
    name = told.exc_type.__qualname__
    where = told.exc_type.__module__
    if where not in ("builtins", "__main__", MODULE):
        name = f"{where}.{name}"
    if _isinstance(e, SyntaxError):
        message = e.msg
    else:
        message = told._str
    error = f"{name}: {message}" if message else name
    text = "".join(told.format(chain=True)).replace(f"\n{MODULE}.", "\n")
    if _len(text) > TEXT_LIMIT:
        half = TEXT_LIMIT // 2
        text = f"{text[:half]}\n… {_len(text) - 2 * half} characters left out …\n{text[-half:]}"
    return error, text


def own_frames(told, seen):
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [f for f in told.stack if f.filename == NAME]
    own_frames(told.__cause__, seen)
    own_frames(told.__context__, seen)
    for inner in told.exceptions or ():
        own_frames(inner, seen)


REFUSED_CALLS = {
    "process": {"fork", "forkpty", "vfork", "posix_spawn", "posix_spawnp", "popen", "system", "_fork_exec",
                "fork_exec", "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "Popen"},
    "signal": {"kill", "killpg", "pthread_kill", "pidfd_send_signal"},
    "network": {"socket", "bind", "connect", "listen", "accept", "setsockopt", "sendmsg", "recvmsg",
                "getaddrinfo", "create_connection", "fromfd", "if_nameindex"},
    "identity": {"setuid", "setgid", "setreuid", "setresuid", "setresgid", "setgroups", "chroot", "unshare"},
}


def refused_by_kernel(e):
    """A word for what the sandbox refused, or nothing if it refused nothing."""
    if not _isinstance(e, OSError) or e.errno not in (EPERM, EACCES, EROFS):
        return ""
    if e.filename is not None:
        return "files"
    tb = e.__traceback__
    while tb.tb_next is not None:
        tb = tb.tb_next
    code = tb.tb_frame.f_code
    if code.co_filename.endswith("/socket.py"):
        return "network"
    where = list(code.co_positions())[tb.tb_lasti // 2]
    source = linecache.getline(code.co_filename, where[0] or 0)
    called = source.encode()[where[2] or 0 :].decode(errors="replace").partition("(")[0]
    called = called.rpartition(".")[2].strip()
    for what, names in REFUSED_CALLS.items():
        if called in names:
            return what
    return "kernel"

"""The streams of a script, on descriptors 0, 1 and 2, whatever it does to sys."""

import codecs
import io
import os
import sys

from _harness.confine import flush_c

_write, _Text = os.write, io.TextIOWrapper

out = err = None  # the text streams on 1 and 2, whatever sys.stdout becomes
reader = None  # the one on 0


def open_streams():
    """Make sys.stdin, stdout and stderr: they take any text and lose none.

    Once, in the zygote, over pipes like those a worker will have there: a
    stream looks at its descriptor only when it is made. Stderr is a pipe already.
    """
    global out, err, reader
    codecs.register_error("script.replace", lambda e: (b"\xef\xbf\xbd" * (e.end - e.start), e.end))
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
    sys.stdin = sys.__stdin__ = reader = open_stdin()
    for stream, name, mode in (reader, "stdin", "r"), (out, "stdout", "w"), (err, "stderr", "w"):
        stream.buffer.raw.name, stream.mode = f"<{name}>", mode
    os.dup2(0, 1)


def open_stdin():
    return io.TextIOWrapper(
        io.BufferedReader(io.FileIO(0, "rb", closefd=False)), encoding="utf-8", errors="replace",
    )


def feed(data):
    """Put another stdin behind descriptor 0, for a stream that may have read from the last one."""
    global reader
    put_file(data)
    try:
        _Text.seek(reader, 0, 2)  # to the end first: what has been read ahead goes only by that
        _Text.seek(reader, 0)
    except (OSError, ValueError):  # the script has closed it
        reader = sys.stdin = sys.__stdin__ = open_stdin()


def put_stdin(data):
    """Put stdin behind descriptor 0, where there is any."""
    if data:
        put_file(data)


def put_file(data):
    """Put data behind descriptor 0, as an unnamed file of the run's own."""
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


def flush():
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

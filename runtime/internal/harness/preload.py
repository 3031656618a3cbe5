"""Imports what scripts will import, in the zygote, and sees what that does to it.

Every worker is a copy of what an import leaves behind. What can't be copied, or would
come out in the reply of a run, ends the zygote, and the server says whose doing it
was: it is told of each module of a package before that is imported.
"""

import functools
import json
import os
import sys

from _harness import libraries
from _harness.confine import flush_c

IMPORTS_OOM_SCORE, ZYGOTE_OOM_SCORE = b"1000", b"500"
ANY_CHILD, OF_ANY_KIND = -1, 0x40000000  # __WALL


def main(sock, config):
    """Import all of it, with settings in os.environ meanwhile."""
    import site

    site.setquit()
    site.sethelper()
    os.environ.update(config["library"])
    access, cleandoc, font_dir = os.access, None, config["font_dir"]
    if font_dir:
        import inspect

        # matplotlib cleans its doc strings, seven thousand times in all, of which
        # one in nine is another string: a tenth of its import.
        cleandoc = inspect.cleandoc
        inspect.cleandoc = functools.cache(cleandoc)
        # matplotlib reads its list of fonts only from a directory that it may
        # write to, and this one is read-only.
        os.environ["MPLCONFIGDIR"] = font_dir
        os.access = lambda path, *mode, **more: path == font_dir or access(path, *mode, **more)
    libraries.prepare()
    _kill_as(config["oom_score_fd"], IMPORTS_OOM_SCORE)
    os.dup2(2, 1)  # the server sees what is printed; the streams of runs come later
    if any(map(of_package, config["preload"])):
        with_server(sock, config["mark"].encode(), config["preload"])
    else:
        for name in config["preload"]:
            load(name)
    _kill_as(config["oom_score_fd"], ZYGOTE_OOM_SCORE)
    libraries.settle()
    os.access = access
    if cleandoc:
        inspect.cleandoc = cleandoc


def late(config):
    """Import what need not be there for the first run, and yield after each module. Runs after the first fork."""
    _kill_as(config["oom_score_fd"], IMPORTS_OOM_SCORE)
    for name in config["preload_late"]:
        load(name, alone=False)
        yield name
    _kill_as(config["oom_score_fd"], ZYGOTE_OOM_SCORE)


def of_package(name):
    return name.partition(".")[0] not in sys.stdlib_module_names


def with_server(sock, mark, names):
    """Import the modules, those of packages under the eyes of the server."""
    import logging
    import warnings

    # A warning is for whoever has written the package, and was never shown here: it is
    # not what is meant by printing.
    show, last = warnings.showwarning, logging.lastResort
    level = last.level
    warnings.showwarning = hide = lambda *args, **kwargs: None
    last.setLevel(logging.CRITICAL + 1)
    watched = False
    for name in names:
        package = of_package(name)
        if package or watched:
            tell(sock, mark, name if package else "")
        load(name)
        watched = package
    if watched:
        tell(sock, mark, "")
    last.setLevel(level)
    if warnings.showwarning is hide:
        warnings.showwarning = show


def _kill_as(fd, score):
    """Say how early the kernel is to choose this process: of all there is, an import can best be done again."""
    try:
        os.write(fd, score)
    except OSError:
        pass  # not to be had here, which the server reports


def tell(sock, mark, name):
    """Tell the server which module comes next, and wait until it has looked at what the last one has done."""
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except Exception:  # its own affair
            pass
    flush_c()
    os.write(2, mark)
    sock.send(json.dumps({"next": name}).encode())
    if not sock.recv(1):
        os._exit(1)


def refuse_threads():
    """A fork would lose them. Those that Python doesn't know of are counted by the server."""
    if threads() != 1:
        raise SystemExit("a preloaded module started a thread; a fork would lose it")


def threads():
    return len(sys._current_frames())


def load(name, alone=True):
    """Import a module of PRELOAD; why that failed is for the operator, who named it.

    It must be alone: without a process beside it, but for workers.
    """
    ours = os.getpid()
    try:
        __import__(name)
    except SystemExit as e:
        raise SystemExit(f"PRELOAD: {name}: it ends the interpreter with exit code {e.code!r:.100}") from None
    except Exception as e:
        sys.stderr = sys.__stderr__  # for what is said of it
        missing = isinstance(e, ModuleNotFoundError) and e.name
        if missing and (name + ".").startswith(missing + "."):
            raise SystemExit(f"PRELOAD: {name}: {e}") from None
        e.add_note(f"PRELOAD: {name}: cannot be imported")
        raise
    finally:
        if os.getpid() != ours:
            os._exit(0)  # a copy that goes on here as if it were the only one
    forget_build()
    if threads() != 1:
        raise SystemExit(f"PRELOAD: {name}: a preloaded module started a thread; a fork would lose it")
    if alone:
        refuse_children(name)


def forget_build():
    """Let go of how Python was built, a third of a MiB that zoneinfo wants one path of. Who asks again has it read."""
    sysconfig = sys.modules.get("sysconfig")
    if sysconfig is not None and sysconfig._CONFIG_VARS:
        sysconfig._CONFIG_VARS = None
        sysconfig._CONFIG_VARS_INITIALIZED = False  # what 3.14 goes by
        for name in [name for name in sys.modules if name.startswith("_sysconfigdata")]:
            del sys.modules[name]


def refuse_children(name):
    """There is no process beside this one: it would have what only this one may, and nobody would end it."""
    try:
        os.waitpid(ANY_CHILD, os.WNOHANG | OF_ANY_KIND)
    except ChildProcessError:
        return
    raise SystemExit(f"PRELOAD: {name}: a preloaded module started a process")

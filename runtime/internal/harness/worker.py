"""What a child of the zygote runs: confine, warm up, one script, one answer."""

import gc
import json
import os
import sys

from _harness import ends, forkhooks, home, mappings, native, reserve, run, signals, streams
from _harness.channel import CHANNEL, send
from _harness.confine import confine
from _harness.faults import MODULE, NAME
from _harness.randomness import reseed
from _harness.result import encode_text
from _harness.source import read_script

_exit = os._exit
_modules, _type, _issubclass = sys.modules, type, issubclass

steps = []
late = []  # directories to import from that no code of this process may be from before it is confined


def prepare(config):
    """Take the settings. Runs in the zygote, once."""
    run.prepare(config)
    late[:] = config["late"]
    sys.argv[:] = [NAME]
    sys.dont_write_bytecode = True
    home.prepare()
    if os.path.exists("/etc/passwd"):
        forget_host_files()
    signals.prepare(run.on_alarm, run.on_signal, run.set_alarm)
    streams.open_streams()
    native.prepare()
    mappings.prepare()
    reserve.prepare()


def forget_host_files():
    """Keep the library from files that can be seen here and not read.

    So it is where Landlock alone hides them; in a private root they don't exist.
    """
    import mimetypes
    import zoneinfo

    mimetypes.knownfiles.clear()
    zoneinfo.reset_tzpath(())  # the tzdata package has them


def main(fds, uid, hurry, scratch):
    """The life of a worker, in the child of the fork. Never returns.

    Rehearsing makes the run faster by what it costs itself: not worth it when
    a caller is waiting already.
    """
    try:
        os.dup2(fds[0], CHANNEL, False)
        os.dup2(fds[1], 1)
        os.dup2(fds[2], 2)
        if scratch:
            home.settle(os.fsdecode(scratch))
        sys.path.insert(0, home.home)
        forkhooks.settle()
        refused = confine(steps, {"uid": uid, "scratch": scratch})
        if refused:
            layer, name, errno = refused
            send(b"C", json.dumps({"layer": layer, "step": name, "errno": errno}).encode())
            _exit(0)
        reseed()
        signals.settle()
        if not hurry:
            rehearse()
        ends.settle()
        sys.path.extend(late)
        gc.enable()
        send(b"R", b"")
        run.Run().serve()
    except BaseException as e:
        try:
            reserve.give_room()
            lacks_memory = _issubclass(_type(e), MemoryError)  # which can be missing anywhere
            status = "memory_limit" if lacks_memory else "internal"
            send(b"E", encode_text({"status": status, "error": repr(e), "ran": True}))
        except BaseException:
            pass  # the channel is broken; the server takes this for an exit
    finally:
        _exit(0)


def rehearse():
    """Run a dummy script, so that no first time is left for the real one."""
    dummy = run.Run()
    text = "def main(x):\n    print('', end='')\n    return {'a': [x, 1.5, None]}\n"
    dummy.provide(text)
    code = read_script(text, frozenset())
    result = dummy.call(code, b"[1]")
    dummy.encode(result)
    ends.settle()
    dummy.finish()
    streams.flush()
    _modules.pop(MODULE, None)

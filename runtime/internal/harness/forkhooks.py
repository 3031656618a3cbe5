"""What is done at each fork because others have asked for it, less what a fork of the zygote's has no use for.

The standard library's hooks are for a process that forks in the middle of its threads: locks
may be held that nobody is left to release. The zygote has one thread and holds none, and in
each child they took a sixth of its page faults. Those of packages stay.
"""

import _random
import gc
import os
import random
import sys
import threading
from _thread import get_native_id as _get_native_id
from operator import attrgetter

# By module, what it registers.
NEEDLESS = {
    "asyncio.events": ("on_fork",),
    "concurrent.futures.thread": (
        "_global_shutdown_lock.acquire", "_global_shutdown_lock.release",
        "_global_shutdown_lock._at_fork_reinit", "_threads_queues.clear",
    ),
    "logging": (
        "_acquireLock", "_releaseLock", "_prepareFork", "_afterFork", "_after_at_fork_child_reinit_locks",
    ),
    "random": ("_inst.seed",),
    "threading": ("_after_fork",),
}

_main, _generator = threading.main_thread(), random._inst
_seed = _random.Random.seed  # without Python code around it, which is thirty page faults


def prepare():
    """Take them out of the interpreter's lists. Runs in the zygote, before what is there is frozen."""
    _generator.gauss_next = None  # the half of a pair, which a seed lets go of
    needless = list(known())
    for hooks in lists():
        hooks[:] = [hook for hook in hooks if hook not in needless]


def known():
    for name, parts in NEEDLESS.items():
        module = sys.modules.get(name)
        if module is not None:
            for part in parts:
                try:
                    yield attrgetter(part)(module)
                except AttributeError:  # another version of Python
                    pass


def lists():
    """The three lists that os.register_at_fork adds to, which have no name: found by what is added."""

    def probe():
        pass

    os.register_at_fork(before=probe, after_in_child=probe, after_in_parent=probe)
    found = [hooks for hooks in gc.get_referrers(probe) if type(hooks) is list]
    for hooks in found:
        hooks.remove(probe)
    return found


def settle():
    """Do what of it is of use: a seed for random, the kernel's number of the thread. Runs in each worker.

    Before it is confined, which closes what a seed may leave open: under gVisor that is a descriptor.
    """
    _seed(_generator)
    _main._native_id = _get_native_id()

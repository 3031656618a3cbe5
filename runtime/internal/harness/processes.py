"""What stands in for other processes, of which there are none.

A library that can work with threads as well is told to; what has no other way is
refused as clearly as subprocess is.
"""

import os
import posix

from _harness import home

_fsencode, _int = os.fsencode, int
MOST = 16  # threads where joblib is asked for as many as there are cores: a run has a limit, a machine may have more


def prepare():
    """Take the place of os.system. Runs in the zygote, before any import of a library."""
    os.system = posix.system = system


def system(command):
    """os.system, which would give a number and no reason: the shell that is not there tells more."""
    _fsencode(command)
    return home.from_library("subprocess").run(command, shell=True).returncode << 8


system.__module__ = "posix"


def with_threads(parallel):
    """Have joblib's default, and what else it knows of processes, work in threads."""

    class ThreadingBackend(parallel.ThreadingBackend):
        supports_inner_max_num_threads = True  # as the default has it

        def effective_n_jobs(self, n_jobs):
            jobs = super().effective_n_jobs(n_jobs)
            return jobs if n_jobs is None or n_jobs > 0 else min(jobs, MOST)

    parallel.BACKENDS.update(dict.fromkeys(("loky", "multiprocessing", "threading"), ThreadingBackend))


def with_cores(context):
    """Tell joblib the number of cores, for which it would call a program and read of control groups.

    Where Landlock alone hides files, those of the groups are seen and can't be read.
    """
    context.physical_cores_cache = os.cpu_count() or 1
    context._cpu_count_cgroup = _int


def with_files(heap):
    """Keep what is shared by Value and Array in the script's own directory: there is no other."""
    heap.Arena._dir_candidates = []


def without_tracker(tracker):
    """Leave out the process that cleans up behind others, which what can be shared between them starts first."""
    tracker.ensure_running = tracker.register = tracker.unregister = nothing


def nothing(*args):
    pass

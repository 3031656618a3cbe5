"""What stands in for other processes, of which there are none.

A library that can work with threads as well is told to; what has no other way is
refused as clearly as subprocess is.
"""

import importlib.machinery as machinery
import os
import posix
import sys

from _harness import home

_fsencode, _isdir, _int = os.fsencode, os.path.isdir, int
MOST = 16  # threads where joblib is asked for as many as there are cores: a run has a limit, a machine may have more


def prepare():
    """Take the places. Runs in the zygote, before any import of a library."""
    os.system = posix.system = system
    sys.path_hooks.insert(0, look_in_package)


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


CHANGES = {
    "joblib.parallel": with_threads,
    "joblib.externals.loky.backend.context": with_cores,
    "multiprocessing.heap": with_files,
}
DIRECTORIES = "/joblib", "/joblib/externals/loky/backend", "/multiprocessing"


class Loader(machinery.SourceFileLoader):
    """Loads a module, and changes it where it has to be."""

    def exec_module(self, module):
        machinery.SourceFileLoader.exec_module(self, module)
        change = CHANGES.get(self.name)
        if change is not None:
            try:
                change(module)
            except Exception:  # another version: it tells itself what it can't do
                pass


KINDS = (
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (Loader, machinery.SOURCE_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


def look_in_package(path):
    """A hook of sys.path_hooks: the finder for the directories of what has to be changed.

    It costs a call for each directory that is new, and nothing for a module.
    """
    if path.endswith(DIRECTORIES) and _isdir(path):
        return machinery.FileFinder(path, *KINDS)
    raise ImportError("nothing to change there", path=path)

"""Libraries that are changed when they are loaded, so that they work here.

What watches imports (libraries) costs each of them a call; this costs one for each
directory that is new.
"""

import importlib.machinery as machinery
import os
import sys
import warnings

from _harness import processes
from _harness.versions import BLAMES_BY_FILE

_isdir = os.path.isdir


def prepare():
    """Look out for them. Runs in the zygote, before any import of a library."""
    sys.path_hooks.insert(0, look_in_package)


class Lenient:
    """os for what sets times of files for good measure: where that is refused, it goes without."""

    def __getattr__(self, name):
        return getattr(os, name)

    @staticmethod
    def utime(*args, **kwargs):
        try:
            os.utime(*args, **kwargs)
        except PermissionError:
            pass


def without_times(module):
    module.os = Lenient()


class Blaming:
    """warnings for what blames its callers by their files: the code that draws figures is none of them."""

    def __getattr__(self, name):
        return getattr(warnings, name)

    @staticmethod
    def warn(*args, skip_file_prefixes=(), **kwargs):
        warnings.warn(*args, **kwargs, skip_file_prefixes=(*skip_file_prefixes, "<figures>", "<changes>"))


def without_ours(module):
    module.warnings = Blaming()


CHANGES = {
    "joblib.parallel": processes.with_threads,
    "joblib.externals.loky.backend.context": processes.with_cores,
    "multiprocessing.heap": processes.with_files,
    "multiprocessing.resource_tracker": processes.without_tracker,
    "xlsxwriter.workbook": without_times,
}
DIRECTORIES = "/joblib", "/joblib/externals/loky/backend", "/multiprocessing", "/xlsxwriter"
if BLAMES_BY_FILE:
    CHANGES["matplotlib._api"] = without_ours
    DIRECTORIES += ("/matplotlib",)


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

"""pytest.main([__file__]): pytest gets to import the script's file.

It says what was compared by an assert in modules that it has imported itself.
Elsewhere the script that runs is __main__, and its file another module; here
it has the name of its file, so that pytest would find it imported already.
"""

import os
import sys

from _harness.faults import MODULE

PLUGIN = "script_for_pytest"
# The words keep pytest from complaining that it has not imported this one either.
ABOUT = "PYTEST_DONT_REWRITE"

_environ, _modules, _Module = os.environ, sys.modules, type(sys)
_ours = []  # the script's module, while pytest has the name


def provide():
    """Let pytest find the plugin, in the way that it has for that."""
    plugin = _Module(PLUGIN, ABOUT)
    plugin.pytest_sessionstart, plugin.pytest_sessionfinish = pytest_sessionstart, pytest_sessionfinish
    _modules[PLUGIN] = plugin
    _environ["PYTEST_PLUGINS"] = PLUGIN


def pytest_sessionstart():
    if MODULE in _modules:
        _ours.append(_modules.pop(MODULE))


def pytest_sessionfinish():
    if _ours:
        _modules[MODULE] = _ours.pop()

"""What a script finds around it, which is the same in every posture."""

import getpass
import inspect
import locale
import logging
import io
import os
import pathlib
import pwd
import sys
import tempfile
import time
import traceback
import warnings
import datetime

import helper
from pkg.sub import value


def caught():
    try:
        helper.fail()
    except ValueError:
        lines = traceback.format_exc().replace(str(pathlib.Path.cwd()), "HERE").splitlines(True)
        return "".join(line for line in lines if line.strip(" ~^\n"))  # versions of Python mark other calls


def streams():
    print("one")
    with open("/dev/stdout", "w") as f:
        f.write("two\n")
    print("three")
    with open("/dev/stdin") as f:
        return f.read()


def zone(name):
    os.environ["TZ"] = name
    time.tzset()
    return [time.tzname[0], str(datetime.datetime.fromtimestamp(1720000000))]


def main():
    here = pathlib.Path.cwd()
    with open(__file__) as f:
        text = f.read()
    pathlib.Path("made.py").write_text("x = 1")
    import made

    return {
        "file": [pathlib.Path(__file__) == here / "script.py", inspect.getsource(main) in text, __loader__.get_source(__name__) == text],
        "traceback": caught(),
        "modules": [value, made.x, sys.path[0] == str(here)],
        "home": [pathlib.Path.home() == here, os.path.expanduser("~user") == str(here), tempfile.gettempdir() == str(here)],
        "user": [getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name, pathlib.Path("made.py").owner()],
        "host": [name for name in os.environ if name not in ("HOME", "USER", "LOGNAME", "PATH", "PWD", "TMPDIR", "TZ", "LANG", "MPLCONFIGDIR")],
        "text": [locale.getpreferredencoding(), sys.getfilesystemencoding()],
        "time": [zone("UTC"), zone("Europe/Berlin"), zone("America/New_York")],
        "streams": streams(),
    }

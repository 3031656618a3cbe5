# What the run before this one wrote, everywhere that it could.
# before: before/leave_everything.py
# result: {"files": [], "environment": ["HOME", "LANG", "LOGNAME", "MPLCONFIGDIR", "PATH", "PWD", "TMPDIR", "TZ", "USER"], "home": true, "umask": "0o22", "argv": ["script"], "handler": true, "hash": true}
import signal
import sys


def main():
    mask = os.umask(0)
    return {"files": os.listdir("."), "environment": sorted(os.environ), "home": os.environ.get("HOME") == os.getcwd(), "umask": oct(mask), "argv": [a.partition(".")[0] for a in sys.argv],
            "handler": signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL, "hash": not hasattr(sys, "left")}

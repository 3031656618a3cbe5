# What the run before this one wrote, everywhere that it could.
# before: before/leave_everything.py
# result: {"files": [], "environment": {}, "umask": "0o22", "argv": ["script.py"], "handler": true, "hash": true}
import signal
import sys


def main():
    mask = os.umask(0)
    return {"files": os.listdir("."), "environment": dict(os.environ), "umask": oct(mask), "argv": sys.argv,
            "handler": signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL, "hash": not hasattr(sys, "left")}

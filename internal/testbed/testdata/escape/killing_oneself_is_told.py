# Signals to oneself end oneself, the first that is not handled.
# status: killed
# error: Script was killed by SIGHUP
import signal


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for sig in range(1, 65):
        outcome(os.kill, os.getpid(), sig)
    return "alive"

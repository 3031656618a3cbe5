# Signals to oneself end oneself, or nobody.
# status: ok|killed
import signal


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for sig in range(1, 65):
        outcome(os.kill, os.getpid(), sig)
    return "alive"

# A timer of the script's own that fires when main has returned.
# result: "returned"
# stdout:
import signal


def main():
    signal.signal(signal.SIGVTALRM, lambda *_: print("late"))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2, 0.2)
    return "returned"

# Take the harness's own timer and signal.
# timeout: 0.4
# status: timeout
# error: Script execution timed out after 0.4 seconds
import signal
import time


def main():
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(60)
    return "awake"

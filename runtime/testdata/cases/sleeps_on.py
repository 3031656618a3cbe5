"""Does not hear the alarm."""

import signal
import time


def main(x):
    if x == 1:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)
    return x

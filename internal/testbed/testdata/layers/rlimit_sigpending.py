# Signals that wait, each of which the kernel keeps: how many.
# contained: 256
# free: 2000
import os
import signal


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {40})
    for n in range(2000):
        if libc.tgkill(os.getpid(), libc.gettid(), 40) != 0:
            return n
    return 2000

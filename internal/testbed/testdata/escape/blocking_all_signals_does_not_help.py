# Let no signal in, and wait in C.
# timeout: 0.4
# status: timeout
# error: Script execution timed out after 0.4 seconds
import signal


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        libc.sleep(60)

# SIGXCPU is a courtesy before SIGKILL.
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds
import signal


def main():
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass

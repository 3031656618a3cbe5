# Signals to oneself end oneself.
# status: killed
# error: Script was killed by SIGALRM
# in docker podman-nons podman-nons-user gvisor-root gvisor-user: error: Script was killed by SIGHUP
# because: only on Linux the first of a PID namespace is safe from itself, but for the handler that it has
import signal


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for sig in range(1, 65):
        outcome(os.kill, os.getpid(), sig)
    return "alive"

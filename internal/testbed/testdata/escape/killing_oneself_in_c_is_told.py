# The same past Python: the first of a PID namespace feels none but the one that it
# has a handler for, the time limit's. It rings before its time.
# status: killed
# error: Script was killed by SIGABRT
# in docker podman-nons podman-nons-user gvisor-root gvisor-user: error: Script was killed by SIGHUP
# because: only on Linux the first of a PID namespace is safe from itself, but for the handlers that it has
import signal


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for sig in range(1, 65):
        libc.kill(os.getpid(), sig)
    return "alive"

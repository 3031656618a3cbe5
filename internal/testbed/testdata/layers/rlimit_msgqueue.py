# Room for POSIX queues. The module has no name for the limit.
# contained: "refused"
# free: "granted"
import resource

RLIMIT_MSGQUEUE = 12


def main():
    try:
        resource.setrlimit(RLIMIT_MSGQUEUE, (1, 1))
    except ValueError:
        return "refused"
    return "granted"

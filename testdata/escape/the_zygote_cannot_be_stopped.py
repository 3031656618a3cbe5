# Stop it, so that nobody gets a worker any more.
# result~: \[("(ESRCH|EPERM|none)",?)+\]


def main(targets):
    parent = os.getppid()
    return [outcome(os.kill, parent, sig) if parent else "none" for sig in (19, 20, 21, 18)] + [
        outcome(os.kill, pid, 19) if pid != os.getpid() else "none" for pid in (targets["server"], targets["canary"])]

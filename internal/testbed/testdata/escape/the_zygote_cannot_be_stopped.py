# Stop it, so that nobody gets a worker any more.
# result: ["none", "none", "none", "none", "EPERM", "EPERM"]
# in podman podman-privileged gvisor-root gvisor-user: result: ["none", "none", "none", "none", "none", "EPERM"]
# because: the server is number 1, as a script is itself
# in docker podman-nons podman-nons-user: result: ["EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "EPERM"]
# because: there is one space of numbers for all of the container


def main(targets):
    parent = os.getppid()
    return [outcome(os.kill, parent, sig) if parent else "none" for sig in (19, 20, 21, 18)] + [
        outcome(os.kill, pid, 19) if pid != os.getpid() else "none" for pid in (targets["server"], targets["canary"])]

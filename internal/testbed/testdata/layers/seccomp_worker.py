# Start a process.
# contained: "EPERM"
# free: "forked"


def main():
    pid = attempt(os.fork)
    if pid == 0:
        os._exit(0)
    return pid if isinstance(pid, str) else "forked"

# Is there a process with the pid of the parent?


def main():
    came = attempt(os.getpgid, os.getppid())
    return came if isinstance(came, str) else came > 0

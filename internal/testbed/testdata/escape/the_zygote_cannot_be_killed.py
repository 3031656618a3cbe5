# Kill whoever made this process, by each number it could have.
# result: "alive"


def main():
    for sig in 9, 15, 6:
        for pid in {os.getppid(), 0x7FFFFFFF, 2, 3, 4, 5}:
            if pid > 1 and pid != os.getpid():
                outcome(os.kill, pid, sig)
                call("kill", pid, sig)
    return "alive"

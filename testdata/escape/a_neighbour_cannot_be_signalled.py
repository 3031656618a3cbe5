# Kill, stop and end every process that there could be, beside a run that goes
# on: that one must not notice.
# beside: beside/holds_a_secret.py
# result: 0


def main():
    reached = 0
    for pid in range(1, 70000):
        if pid != os.getpid() and call("kill", pid, 0) == 0:
            reached += 1
            call("kill", pid, 9)
    return reached

# Kill, stop and end every process that there could be, beside a run that goes
# on: that one must not notice.
# beside: beside/holds_a_secret.py
# result: 0


def main(targets):
    reached = 0
    near = {p + n for p in (0, targets["server"], targets["canary"]) for n in range(-300, 1500)}
    for pid in near:
        if pid > 0 and pid != os.getpid() and call("kill", pid, 0) == 0:
            reached += 1
            call("kill", pid, 9)
    return reached

# Everybody at once, and everybody of the group. The signal would do nothing to
# whoever does not ask for it; the canary does.
# result~: \{"all":"(ESRCH|EPERM|ok)","group":"(ESRCH|EPERM|ok)","another group":"(ESRCH|EPERM)"\}
SIGCONT = 18


def main():
    return {"all": outcome(os.kill, -1, SIGCONT), "group": outcome(os.kill, 0, SIGCONT), "another group": outcome(os.killpg, 2, SIGCONT)}

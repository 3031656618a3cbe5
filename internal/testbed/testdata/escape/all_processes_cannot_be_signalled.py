# Everybody at once, and everybody of the group. The signal would do nothing to
# whoever does not ask for it; the canary does.
# result: {"all": "ESRCH", "group": "ok", "another group": "ESRCH"}
# in docker podman-nons podman-nons-user: result: {"all": "ok", "group": "ok", "another group": "ESRCH"}
# because: Linux says so, too, where there are others and none may be signalled
SIGCONT = 18


def main():
    return {"all": outcome(os.kill, -1, SIGCONT), "group": outcome(os.kill, 0, SIGCONT), "another group": outcome(os.killpg, 2, SIGCONT)}

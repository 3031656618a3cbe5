# Every number that a process could have, by what tells whether it is one.
# result: 0


def main():
    own = {os.getpid()}
    return sum(1 for pid in range(1, 1500) if pid not in own and not isinstance(call("getpgid", pid), str))

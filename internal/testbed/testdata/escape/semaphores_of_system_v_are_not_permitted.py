# They count outside of every process.
# result: {"EPERM": ["semget", "semop"], "ok": ["twin"]}


def main():
    return survey(("semget", 1, 1, 0o1666), ("semop", 0, bytes(6), 1), ("twin: futex", bytes(4), 129, 1, 0, 0, 0))

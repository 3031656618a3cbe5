# Of System V and of POSIX.
# result: {"EPERM": ["msgget", "msgctl", "mq_open", "mq_unlink"], "ok": ["twin"]}


def main():
    return survey(("msgget", 1, 0o1666), ("msgctl", 0, 0, 0), ("mq_open", "q", 0o102, 0o600, 0), ("mq_unlink", "q"), ("twin: pipe2", bytes(8), 0))

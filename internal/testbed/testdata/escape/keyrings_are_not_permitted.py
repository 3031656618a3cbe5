# Keys lie outside of every namespace: one run would read another's.
# result: {"EPERM": ["keyctl", "add_key", "request_key"], "ok": ["twin"]}


def main():
    return survey(
        ("keyctl", 0, -3, 0), ("add_key", "user", "k", "v", 1, -3), ("request_key", "user", "k", 0, -3), ("twin: getrandom", bytes(8), 8, 0),
    )

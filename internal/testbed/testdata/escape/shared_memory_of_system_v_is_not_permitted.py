# Segments outlive the process that made them, and others can attach them.
# result: {"EPERM": ["shmget", "shmat", "shmctl"], "ok": ["twin"]}


def main():
    return survey(("shmget", 1, 4096, 0o1666), ("shmat", 0, 0, 0), ("shmctl", 0, 0, 0), ("twin: mmap", 0, 4096, 3, 0x22, -1, 0))

# See what others do with files, and lock them.
# result: {"EPERM": ["inotify_init1", "fanotify_init", "flock", "a lease", "a notification", "signals of a descriptor"], "ok": ["twin"]}
F_SETLEASE, F_NOTIFY, F_SETSIG, F_GETFL = 1024, 1026, 10, 3


def main():
    return survey(
        ("inotify_init1", 0), ("fanotify_init", 0, 0), ("flock", 1, 2), ("a lease: fcntl", 1, F_SETLEASE, 1), ("a notification: fcntl", 1, F_NOTIFY, 2),
        ("signals of a descriptor: fcntl", 1, F_SETSIG, 9), ("twin: fcntl", 1, F_GETFL, 0),
    )

# Memory that no limit of a process counts.
# result: {"EPERM": ["memfd_create", "memfd_secret", "mlock", "mlock2", "mlockall", "vmsplice", "splice", "tee", "a larger pipe", "a larger socket"], "ok": ["twin"]}
F_SETPIPE_SZ, F_GETPIPE_SZ, SOL_SOCKET, SO_SNDBUF = 1031, 1032, 1, 7


def main():
    return survey(
        ("memfd_create", "m", 0), ("memfd_secret", 0), ("mlock", 0, 4096), ("mlock2", 0, 4096, 1), ("mlockall", 4),
        ("vmsplice", 1, bytes(16), 0, 0), ("splice", 1, 0, 2, 0, 1, 0), ("tee", 1, 2, 1, 0),
        ("a larger pipe: fcntl", 1, F_SETPIPE_SZ, 1 << 20), ("a larger socket: setsockopt", 3, SOL_SOCKET, SO_SNDBUF, b"\0\0\0\1", 4),
        ("twin: fcntl", 1, F_GETPIPE_SZ, 0),
    )

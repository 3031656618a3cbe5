# Devices, pipes with a name, owners, attributes.
# result: {"EPERM": ["character device", "block device", "fifo", "socket", "fchownat", "fchown", "setxattr", "lsetxattr", "fsetxattr"], "ok": ["twin"]}
AT_FDCWD, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK = -100, 0o020000, 0o060000, 0o010000, 0o140000


def main():
    return survey(
        ("character device: mknodat", AT_FDCWD, "mem", S_IFCHR | 0o666, 0x101), ("block device: mknodat", AT_FDCWD, "disk", S_IFBLK | 0o666, 0x800),
        ("fifo: mknodat", AT_FDCWD, "fifo", S_IFIFO | 0o666, 0), ("socket: mknodat", AT_FDCWD, "socket", S_IFSOCK | 0o666, 0),
        ("fchownat", AT_FDCWD, ".", 0, 0, 0), ("fchown", 1, 0, 0),
        ("setxattr", ".", "user.a", "b", 1, 0), ("lsetxattr", ".", "security.capability", "b", 1, 0), ("fsetxattr", 1, "user.a", "b", 1, 0),
        ("twin: mkdirat", AT_FDCWD, "d", 0o700),
    )

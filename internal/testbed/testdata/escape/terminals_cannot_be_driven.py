# Type for somebody else, get a terminal, hand descriptors to a device.
# result: {"EPERM": ["TIOCSTI", "TIOCSTI with a high word", "TIOCLINUX", "TIOCSCTTY", "setsid", "setpgid", "owner of signals"], "ok": ["twin"]}
FIONBIO, F_SETOWN = 0x5421, 8


def main():
    return survey(
        ("TIOCSTI: ioctl", 0, 0x5412, b"x"), ("TIOCSTI with a high word: ioctl", 0, 0x5412 | 1 << 32, b"x"), ("TIOCLINUX: ioctl", 0, 0x541C, b"\3"),
        ("TIOCSCTTY: ioctl", 0, 0x540E, 0), ("setsid",), ("setpgid", 0, 0), ("owner of signals: fcntl", 1, F_SETOWN, 1), ("twin: ioctl", 1, FIONBIO, bytes(4)),
    )

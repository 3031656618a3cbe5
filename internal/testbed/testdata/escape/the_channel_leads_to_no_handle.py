# Take a descriptor, an identity or another connection from the result's
# channel, whose other end is the server.
# result: {"EPERM": ["credentials", "a handle", "groups", "security", "rights out", "rights in", "another peer", "signals"], "ok": ["name of the peer"]}


def main():
    return survey(
        ("credentials: getsockopt", 3, 1, 17, bytes(12), b"\x0c\0\0\0"), ("a handle: getsockopt", 3, 1, 77, bytes(4), b"\4\0\0\0"),
        ("groups: getsockopt", 3, 1, 59, bytes(64), b"\x40\0\0\0"), ("security: getsockopt", 3, 1, 31, bytes(64), b"\x40\0\0\0"),
        ("rights out: sendmsg", 3, bytes(56), 0), ("rights in: recvmsg", 3, bytes(56), 64), ("another peer: connect", 3, b"\1\0\0x", 4), ("signals: fcntl", 3, 8, 1),
        ("name of the peer: fcntl", 3, 1, 0),
    )

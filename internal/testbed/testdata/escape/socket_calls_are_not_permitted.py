# On the sockets there are, the result's channel and a pair of one's own.
# result: {"EPERM": ["bind", "connect", "listen", "accept", "accept4", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "setsockopt", "sendto an address", "peer", "a pair of another family"], "ok": ["twin"]}


def main():
    address = b"\1\0\0name"
    return survey(
        ("bind", 3, address, 7), ("connect", 3, address, 7), ("listen", 3, 1), ("accept", 3, 0, 0), ("accept4", 3, 0, 0, 0),
        ("sendmsg", 3, bytes(56), 0), ("recvmsg", 3, bytes(56), 64), ("sendmmsg", 3, bytes(64), 1, 0), ("recvmmsg", 3, bytes(64), 1, 64, 0),
        ("setsockopt", 3, 1, 2, b"\1\0\0\0", 4), ("sendto an address: sendto", 3, b"x", 1, 0, address, 7),
        ("peer: getsockopt", 3, 1, 17, bytes(12), b"\x0c\0\0\0"), ("a pair of another family: socketpair", 30, 1, 0, bytes(8)), ("twin: getsockopt", 3, 1, 3, bytes(4), b"\4\0\0\0"),
    )

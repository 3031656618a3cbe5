# Hold another process by a descriptor, take its files, signal it, wait for it.
# result: {"EPERM": ["pidfd_open", "pidfd_getfd", "pidfd_send_signal", "process_mrelease", "wait4", "waitid", "the server by its socket"], "ok": ["twin"]}
SOL_SOCKET, SO_TYPE, SO_PEERPIDFD = 1, 3, 77


def main(targets):
    return survey(
        ("pidfd_open", targets["server"], 0),
        ("pidfd_getfd", 3, 0, 0),
        ("pidfd_send_signal", 3, 9, 0, 0),
        ("process_mrelease", 3, 0),
        ("wait4", -1, 0, 1, 0),
        ("waitid", 0, 0, 0, 5, 0),
        ("the server by its socket: getsockopt", 3, SOL_SOCKET, SO_PEERPIDFD, bytes(4), b"\4\0\0\0"),
        ("twin: getsockopt", 3, SOL_SOCKET, SO_TYPE, bytes(4), b"\4\0\0\0"),
    )

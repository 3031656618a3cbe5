# The result's channel is a Unix socket, too.
# result: {"EPERM": ["to a path", "to a name", "rights", "connect", "listen"], "ok": ["twin"]}


def main(targets):
    path = b"\1\0" + targets["socket"].encode() + b"\0"
    name = b"\1\0\0" + targets["abstract"].encode()
    return survey(
        ("to a path: sendto", 3, b"x", 1, 0, path, len(path)), ("to a name: sendto", 3, b"x", 1, 0, name, len(name)),
        ("rights: sendmsg", 3, bytes(56), 0), ("connect", 3, name, len(name)), ("listen", 3, 1), ("twin: sendto", 3, b"", 0, 0, 0, 0),
    )

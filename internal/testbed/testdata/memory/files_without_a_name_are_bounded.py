# Files that are open and have no name any more, or never had one.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 48


def main(aim):
    n, kept = iter(range(10**7)), []

    def take(flags):
        name = str(next(n))
        fd = os.open("." if flags else name, (flags or os.O_CREAT) | os.O_RDWR, 0o600)
        kept.append(fd)
        if not flags:
            os.unlink(name)
        os.write(fd, bytes(2 * MIB))

    return held(repeat(lambda: take(0), 20), repeat(lambda: take(os.O_TMPFILE), 500))

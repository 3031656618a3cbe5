# Sparse files, and room beyond their ends.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 48


def main(aim):
    n = iter(range(10**7))
    came = {}

    def take(mode):
        fd = os.open(str(next(n)), os.O_CREAT | os.O_RDWR)
        try:
            os.ftruncate(fd, 15 * MIB)
            kernel("fallocate", fd, mode, 0, 4 * MIB)
        finally:
            os.close(fd)

    for label, mode in {"kept": 1, "zeroed": 0x10, "plain": 0}.items():
        came[label] = repeat(lambda: take(mode), aim // 4)
    return held(came)

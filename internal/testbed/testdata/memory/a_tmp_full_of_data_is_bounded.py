# Files of all sizes until there is no room.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 48


def main(aim):
    block, n = bytes(MIB), iter(range(10**6))

    def take(data):
        with open(str(next(n)), "wb") as f:
            f.write(data)

    return held(repeat(lambda: take(block), aim), repeat(lambda: take(b"x"), 100000))

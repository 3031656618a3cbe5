# Symbolic links with the longest targets there are.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 24


def main(aim):
    n = iter(range(10**7))
    return held(repeat(lambda: os.symlink("x" * 4095, str(next(n))), 10**6))

# Files without content take room in the kernel.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 16


def main(aim):
    n = iter(range(10**7))
    return held(repeat(lambda: os.close(os.open(str(next(n)), os.O_CREAT | os.O_WRONLY)), 10**6))

# Names for one file, as long as they may be.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 16


def main(aim):
    n = iter(range(10**7))
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY))
    return held(repeat(lambda: os.link("f", "%0255d" % next(n)), 10**6))

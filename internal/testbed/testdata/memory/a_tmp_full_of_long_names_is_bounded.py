# Names as long as they may be, of files and directories.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 16


def main(aim):
    n = iter(range(10**7))
    return held(
        repeat(lambda: os.close(os.open("%0255d" % next(n), os.O_CREAT | os.O_WRONLY)), 10**6),
        repeat(lambda: os.mkdir("%0255d" % next(n)), 10**6),
        # A file can be renamed as often as one likes.
        repeat(lambda: os.rename("%0255d" % 0, "%0254d" % next(n)) or os.rename(next(iter(sorted(os.listdir()))), "%0255d" % 0), 1000),
    )

# The server reads which files without a name a run has mapped: the run decides how
# long that list is, by its number of mappings and the names of directories.
# status: ok|file_limit|memory_limit|timeout
# holds: 48


def main(aim):
    for _ in range(55):
        os.mkdir("d" * 255)
        os.chdir("d" * 255)
    fd = os.open("f" * 255, os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 2 * PAGE)
    came = repeat(lambda: mapped(PAGE, PRIVATE, READ, fd), 30000)
    time.sleep(1)
    return held(came)

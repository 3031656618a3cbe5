# Directories that are open or worked in and were removed.
# status: ok|memory_limit
# in docker podman-nons podman-nons-user: status: ok|file_limit
# because: a directory is watched there, and who fills it is ended
# holds: 16


def main(aim):
    n, kept = iter(range(10**7)), []

    def take():
        name = str(next(n))
        os.mkdir(name)
        kept.append(os.open(name, os.O_RDONLY))
        os.rmdir(name)

    came = repeat(take, 500)
    os.mkdir("deep")
    os.chdir("deep")

    def deeper():
        os.mkdir("d")
        os.chdir("d")

    return held(came, repeat(deeper, 10**5))

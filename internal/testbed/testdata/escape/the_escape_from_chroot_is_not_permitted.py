# The classic: a directory held open, chroot below it, and up.
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted: 'below'
# denied: changing identity or privileges is not available to scripts (refused by seccomp)


def main():
    fd = os.open(".", os.O_RDONLY)
    os.mkdir("below")
    os.chroot("below")
    os.fchdir(fd)
    for _ in range(64):
        os.chdir("..")
    return os.listdir(".")

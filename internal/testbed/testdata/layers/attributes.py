# Change what belongs to a file that this user owns, without opening it, to what
# it is: a file of the host, or without an input the interpreter's.


def main(path=None):
    path = path or os.__file__
    now = os.stat(path)
    return {
        "chmod": attempt(os.chmod, path, now.st_mode & 0o777),
        "utime": attempt(os.utime, path, ns=(now.st_atime_ns, now.st_mtime_ns)),
        "truncate": attempt(os.truncate, path, now.st_size),
    }

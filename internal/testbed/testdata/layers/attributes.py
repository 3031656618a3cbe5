# Change what belongs to a file that this user owns, without opening it, to what
# it is: a file of the host, or without an input the interpreter's.
# contained~: \{"chmod":"EPERM","utime":"EPERM","truncate":"E[A-Z]+"\}
# free~: \{"chmod":null,"utime":null,"truncate":"E[A-Z]+"\}
# in gVisor-user: contained: {"chmod":"EPERM","utime":"EPERM","truncate":"EPERM"}
# in gVisor-user: free: {"chmod":null,"utime":null,"truncate":null}
# because: Landlock, which does not know modes but refuses to truncate, is not there


def main(path=None):
    path = path or os.__file__
    now = os.stat(path)
    return {
        "chmod": attempt(os.chmod, path, now.st_mode & 0o777),
        "utime": attempt(os.utime, path, ns=(now.st_atime_ns, now.st_mtime_ns)),
        "truncate": attempt(os.truncate, path, now.st_size),
    }

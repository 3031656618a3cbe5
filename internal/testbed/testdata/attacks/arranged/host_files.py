# The input names files and directories of the host that this very user owns.
# each~: ENOENT
# in landlock: each~: E[A-Z0-9]+
# because: the files are there, and refused
# in gVisor gVisor-user gVisor-chroot: each~: ENOENT|EPERM
# because: what seccomp takes back there is refused whatever the path is


def main(paths):
    out = {}
    for name, path in paths.items():
        os.symlink(path, "link")
        out[name] = {
            "read": attempt(os.open, path, os.O_RDONLY),
            "write": attempt(os.open, path, os.O_WRONLY),
            "read by a link": attempt(os.open, "link", os.O_RDONLY),
            "list": attempt(os.listdir, path),
            "make": attempt(os.mkdir, path + "/made"),
            "remove": attempt(os.unlink, path),
            "take": attempt(os.rename, path, "mine"),
            "link": attempt(os.link, path, "mine"),
            "chmod": attempt(os.chmod, path, 0o777),
            "chmod by a link": attempt(os.chmod, "link", 0o777),
            "touch": attempt(os.utime, path, (0, 0)),
            "truncate": attempt(os.truncate, path, 0),
            "attribute": attempt(lambda: os.getxattr(path, "user.secret").decode()),
            "attribute by a link": attempt(lambda: os.getxattr("link", "user.secret").decode()),
            "attributes": attempt(os.listxattr, path),
        }
        os.unlink("link")
    return out

# The host's files, the interpreter's, and special ones.
# entries: "passwd": "ENOENT", "root": "EACCES", "self": "ENOENT", "parent": "ENOENT", "memory": "ENOENT"
# entries: "sys": "ENOENT", "shared memory": "ENOENT", "another device": "ENOENT", "terminal": "ENOENT"
# entries: "the parent of the working directory": "EACCES", "null": "opened", "own": null
# entries: "interpreter": "opened", "interpreter, to write": "EROFS", "interpreter, new file": "EROFS"
# entries: "interpreter, unlink": "EROFS", "interpreter, chmod": "EROFS", "interpreter, touch": "EROFS"
# entries: "interpreter, chmod of what is open": "EROFS", "interpreter, truncate": "EROFS"
# entries: "interpreter, rename": "EXDEV", "interpreter, link": "EXDEV"
# in full full-user-range: entries: "interpreter, to write": "EACCES", "interpreter, truncate": "EACCES"
# because: another uid than the owner's: that is looked at first
# in gVisor gVisor-user: entries: "root": "opened", "the parent of the working directory": "opened"
# in gVisor gVisor-user: entries: "interpreter, chmod": "EPERM", "interpreter, touch": "EPERM", "interpreter, chmod of what is open": "EPERM"
# in gVisor gVisor-user: entries: "interpreter, link": "EPERM"
# because: without Landlock the private root is open to be read; attributes are checked against the owner
# in gVisor: entries: "interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES"
# in gVisor: entries: "interpreter, truncate": "EACCES"
# because: another uid than the owner's
# in gVisor-user: entries: "interpreter, truncate": "EPERM"
# because: the owner's uid: a system call that is taken back
# in container gVisor-chroot landlock: entries: "interpreter, to write": "EACCES", "interpreter, new file": "EACCES", "interpreter, unlink": "EACCES"
# in container gVisor-chroot landlock: entries: "interpreter, chmod": "EPERM", "interpreter, touch": "EPERM", "interpreter, chmod of what is open": "EPERM"
# in container gVisor-chroot landlock: entries: "interpreter, truncate": "EACCES", "interpreter, rename": "EACCES"
# because: no mount is read-only: the files are another uid's, or Landlock hides them
# in container gVisor-chroot: entries: "interpreter, link": "EPERM"
# because: the files are another uid's
# in landlock: entries: "passwd": "EACCES", "self": "EACCES", "parent": "EACCES", "memory": "EACCES", "sys": "EACCES"
# in landlock: entries: "shared memory": "EACCES", "another device": "EACCES", "terminal": "EACCES"
# because: the root is the host's, and Landlock is all that hides it
# in no-devices: entries: "null": "EACCES"
# because: a file stands in for the device, and nothing is granted on it
# in no-sys: entries: "sys": "ENOENT"
# because: the tests run in a chroot that has none, whatever would hide it


def main():
    def peek(path):
        fd = attempt(os.open, path, os.O_RDONLY)
        return fd if isinstance(fd, str) else "opened"

    interpreter = os.__file__
    return {
        "passwd": peek("/etc/passwd"),
        "root": peek("/"),
        "self": peek("/proc/self/environ"),
        "parent": peek("/proc/1/environ"),
        "memory": peek("/proc/self/mem"),
        "sys": peek("/sys/kernel"),
        "shared memory": peek("/dev/shm"),
        "another device": peek("/dev/full"),
        "terminal": peek("/dev/tty"),
        "the parent of the working directory": peek(".."),
        "interpreter": peek(interpreter),
        "interpreter, to write": attempt(os.open, interpreter, os.O_WRONLY),
        "interpreter, new file": attempt(os.open, os.path.dirname(interpreter) + "/evil.py", os.O_CREAT | os.O_WRONLY),
        "interpreter, unlink": attempt(os.unlink, interpreter),
        "interpreter, chmod": attempt(os.chmod, interpreter, 0),
        "interpreter, touch": attempt(os.utime, interpreter, (0, 0)),
        "interpreter, chmod of what is open": attempt(os.fchmod, os.open(interpreter, os.O_RDONLY), 0),
        "interpreter, truncate": attempt(os.truncate, interpreter, 0),
        "interpreter, rename": attempt(os.rename, interpreter, "mine"),
        "interpreter, link": attempt(os.link, interpreter, "mine"),
        "null": peek("/dev/null"),
        "own": attempt(os.mkdir, "own"),
    }

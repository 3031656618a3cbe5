# The host's files, the interpreter's, and special ones.


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

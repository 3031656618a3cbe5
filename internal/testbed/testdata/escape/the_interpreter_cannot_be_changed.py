# Files of the interpreter and the library: read, yes; anything else would be
# for the next run to meet.
# result: {"ok": ["read"], "refused": ["write", "append", "new file", "new directory", "unlink", "rename", "replace", "link out", "link in", "symlink in", "chmod", "utime", "truncate", "fchmod"]}


def main():
    file = os.__file__
    folder = os.path.dirname(file)
    with open("mine", "w") as f:
        f.write("mine")
    return reach(**{
        "read": lambda: open(file), "write": lambda: os.open(file, os.O_WRONLY), "append": lambda: open(file, "a"), "new file": lambda: open(folder + "/evil.py", "w"),
        "new directory": lambda: os.mkdir(folder + "/evil"), "unlink": lambda: os.unlink(file), "rename": lambda: os.rename(file, "taken"),
        "replace": lambda: os.replace("mine", file), "link out": lambda: os.link(file, "linked"), "link in": lambda: os.link("mine", folder + "/linked.py"),
        "symlink in": lambda: os.symlink("/tmp/mine", folder + "/linked.py"), "chmod": lambda: os.chmod(file, 0o777), "utime": lambda: os.utime(file, (0, 0)),
        "truncate": lambda: os.truncate(file, 0), "fchmod": lambda: os.fchmod(os.open(file, os.O_RDONLY), 0o777),
    })

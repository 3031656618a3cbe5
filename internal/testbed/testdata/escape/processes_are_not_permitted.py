# Start a process by every call that makes one or turns into one.
# result: {"EPERM": ["clone", "vfork by clone", "execve", "execveat", "of what is there"], "ENOSYS": ["clone3"], "ok": ["twin"]}
SIGCHLD, CLONE_VM, CLONE_VFORK, AT_EMPTY_PATH = 17, 0x100, 0x4000, 0x1000


def main():
    return survey(
        ("clone", SIGCHLD, 0, 0, 0, 0),
        ("vfork by clone: clone", CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0),
        ("clone3", bytes(88), 88),
        ("execve", "/bin/sh", 0, 0),
        ("execveat", 0, "", 0, 0, AT_EMPTY_PATH),
        ("of what is there: execve", "/python/bin/python3.11", 0, 0),
        ("twin: gettid",),
    )

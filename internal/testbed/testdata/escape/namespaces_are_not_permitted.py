# Make a namespace of every kind, by each call, or enter one.
# result: {"EPERM": ["cgroup", "uts", "ipc", "user", "pid", "net", "mnt", "time", "nothing", "clone", "a thread with one", "setns"], "ok": ["twin"]}
KINDS = {"cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000, "mnt": 0x20000, "time": 0x80}
THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000


def main():
    return survey(
        *((kind + ": unshare", flag) for kind, flag in KINDS.items()),
        ("nothing: unshare", 0),
        ("clone", KINDS["user"] | 17, 0, 0, 0, 0),
        ("a thread with one: clone", THREAD | KINDS["user"], 0, 0, 0, 0),
        ("setns", 0, 0),
        ("twin: getpid",),
    )

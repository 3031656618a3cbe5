# Become root, or anybody, or get another group.
# result: {"EPERM": ["setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups"], "ok": ["twin"]}


def main():
    return survey(
        ("setuid", 0), ("setgid", 0), ("setreuid", 0, 0), ("setregid", 0, 0), ("setresuid", 0, 0, 0), ("setresgid", 0, 0, 0),
        ("setfsuid", 0), ("setfsgid", 0), ("setgroups", 0, 0), ("twin: getuid",),
    )

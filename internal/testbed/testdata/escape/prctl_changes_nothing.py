# What a process may say of itself that others rest on.
# result: {"EPERM": ["dumpable", "survive the parent", "tracer", "subreaper", "seccomp", "memory map", "speculation", "timer slack", "mce"], "ok": ["twin"]}
PR_SET_NAME = 15


def main():
    return survey(
        ("dumpable: prctl", 4, 1, 0, 0, 0), ("survive the parent: prctl", 1, 0, 0, 0, 0), ("tracer: prctl", 0x59616D61, -1, 0, 0, 0),
        ("subreaper: prctl", 36, 1, 0, 0, 0), ("seccomp: prctl", 22, 1, 0, 0, 0), ("memory map: prctl", 35, 1, 0, 0, 0),
        ("speculation: prctl", 53, 0, 2, 0, 0), ("timer slack: prctl", 29, 1, 0, 0, 0), ("mce: prctl", 33, 0, 0, 0, 0),
        ("twin: prctl", PR_SET_NAME, "twin", 0, 0, 0),
    )

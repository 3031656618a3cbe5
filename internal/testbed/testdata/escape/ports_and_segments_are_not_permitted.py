# Calls of x86-64 into hardware and into its oldest interfaces.
# arch: amd64
# result: {"EPERM": ["iopl", "ioperm", "modify_ldt", "uselib", "ustat", "sysfs"], "ok": ["twin"]}
ARCH_GET_FS = 0x1003


def main():
    return survey(
        ("iopl", 3), ("ioperm", 0, 1, 1), ("modify_ldt", 0, bytes(16), 16), ("uselib", ""), ("ustat", 0, bytes(32)), ("sysfs", 3), ("twin: arch_prctl", ARCH_GET_FS, bytes(8)),
    )

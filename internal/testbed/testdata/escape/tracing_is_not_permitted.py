# Trace, read and write other processes, and be traced.
# result: {"EPERM": ["attach", "seize", "be traced", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "prlimit"], "ok": ["twin"]}
ATTACH, SEIZE, TRACEME = 16, 0x4206, 0


def main(targets):
    server = targets["server"]
    return survey(
        ("attach: ptrace", ATTACH, server, 0, 0),
        ("seize: ptrace", SEIZE, server, 0, 0),
        ("be traced: ptrace", TRACEME, 0, 0, 0),
        ("process_vm_readv", server, bytes(16), 1, bytes(16), 1, 0),
        ("process_vm_writev", server, bytes(16), 1, bytes(16), 1, 0),
        ("process_madvise", 0, bytes(16), 1, 4, 0),
        ("kcmp", server, os.getpid(), 0, 0, 0),
        ("prlimit: prlimit64", server, 7, 0, bytes(16)),
        ("twin: prlimit64", 0, 7, 0, bytes(16)),
    )

# The calls for it that only x86-64 still has.
# arch: amd64
# result: {"EPERM": ["fork", "vfork"], "ok": ["twin"]}


def main():
    return survey(("fork",), ("vfork",), ("twin: getpgrp",))

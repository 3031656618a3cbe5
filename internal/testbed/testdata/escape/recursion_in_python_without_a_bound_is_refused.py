# Calls that take no stack of C, without Python's bound. CPython 3.11 sets no
# exception where it gets no memory for a frame, and says that.
# status: memory_limit|script_error
# error~: Script exceeded the memory limit of 64 MiB|SystemError: error return without exception set
import sys


def main():
    sys.setrecursionlimit(1 << 30)

    def f():
        kept = bytes(100000)
        f()
        return kept
    f()

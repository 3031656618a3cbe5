# Without Python's bound, until the stack of C ends.
# status: killed
# error: Script was killed by SIGSEGV
import sys


class C:
    def __getattr__(self, name):
        return getattr(self, name)


def main():
    sys.setrecursionlimit(1 << 30)
    return C().x

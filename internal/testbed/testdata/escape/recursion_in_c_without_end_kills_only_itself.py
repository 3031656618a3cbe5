# Without Python's bound, until the stack of C ends.
# status: killed
# error: Script was killed by SIGSEGV
# in python-3.14: status: script_error
# in python-3.14: error~: RecursionError: Stack overflow \(used [0-9]+ kB\)
# because: its bound on recursion in C is the stack, whatever a script sets
import sys


class C:
    def __getattr__(self, name):
        return getattr(self, name)


def main():
    sys.setrecursionlimit(1 << 30)
    return C().x

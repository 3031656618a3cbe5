# AttributeError.obj gives back what was looked at: the hole of two engines.
# result: "EPERM"
import sys


def main():
    try:
        "{0.nothing}".format(sys.modules["posix"])
    except AttributeError as e:
        return outcome(e.obj.fork)

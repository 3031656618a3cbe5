# Put a shared object into the run's directory and load it: machine code needs
# no such thing, but a way to bring programs along should not exist either.
# result: {"mine": "OSError", "twin": "ok"}
import glob
import sys


def main():
    path = sorted(glob.glob(os.path.dirname(os.__file__) + "/lib-dynload/*.so"))[0]
    with open(path, "rb") as a, open("mine.so", "wb") as b:
        b.write(a.read())
    return {"mine": outcome(ctypes.CDLL, "./mine.so"), "twin": outcome(ctypes.CDLL, path)}

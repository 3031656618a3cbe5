"""Writes more than there is room for, in small pieces, as C code does."""

import os


def main(x):
    print("in", x, flush=True)
    while x == 1:
        os.write(2, b"x" * 100)
    return x

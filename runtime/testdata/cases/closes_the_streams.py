"""Leaves no descriptor for output, nor for marks."""

import os


def main(x):
    print("in", x, flush=True)
    if x == 1:
        os.close(1)
        os.close(2)
    return x

"""Writes what is no frame."""

import os


def main(x):
    if x == 1:
        os.write(3, b"\xff" * 1000)
    return x

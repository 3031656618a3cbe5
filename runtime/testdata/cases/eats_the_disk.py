"""Fills the directory that all cases share."""

import os


def main(x):
    there = os.listdir(".")
    if x == 1:
        with open("full", "wb") as f:
            while True:
                f.write(b"x" * (1 << 20))
    return there

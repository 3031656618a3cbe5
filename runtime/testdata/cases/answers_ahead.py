"""Answers cases that it has not been given, and more than there are."""

import os
import struct


def main(x):
    if x == 1:
        for value in b'"forged"', b"2", b"3", b"4", b"5", b"6":
            os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    return x

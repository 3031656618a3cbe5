"""Says again and again that the module level is behind it, which is no answer."""

import os
import struct


def main(x):
    while x == 1:
        os.write(3, struct.pack(">Ic", 0, b"M"))
    return x

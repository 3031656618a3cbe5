"""Writes answers without end, beside those of the harness."""

import os
import struct
import threading


def flood():
    value = b'"' + b"x" * 100 + b'"'
    while True:
        os.write(3, struct.pack(">Ic", len(value), b"V") + value)


def main(x):
    if x == 1:
        threading.Thread(target=flood, daemon=True).start()
    return x

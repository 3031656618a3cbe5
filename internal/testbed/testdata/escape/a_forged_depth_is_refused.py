# Brackets beyond what any reader should go into.
# status: result_limit
# error: Script exceeded the result limit of 256 nested levels
import struct


def main():
    value = b"[" * 5000 + b"]" * 5000
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

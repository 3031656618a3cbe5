# What Python's json would write and JSON does not have.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    value = b"[NaN, Infinity]"
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

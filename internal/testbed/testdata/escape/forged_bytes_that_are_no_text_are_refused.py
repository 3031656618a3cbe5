# A string that is not UTF-8.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    value = b'"\xff\xfe\x80"'
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

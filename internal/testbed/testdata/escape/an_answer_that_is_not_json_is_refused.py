# A value that a reader of JSON would choke on.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    value = b'{"a":1}{"status":"ok"}'
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

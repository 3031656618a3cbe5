# Beside an answer as many things as fit, all of them empty: a list of them
# would take the server ten times the memory of the frame.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    records = struct.pack(">cII", b"t", 0, 0) * 900_000
    data = memoryview(struct.pack(">Ic", len(records), b"A") + records + struct.pack(">Ic", 1, b"V") + b"1")
    while data:
        data = data[os.write(3, data) :]

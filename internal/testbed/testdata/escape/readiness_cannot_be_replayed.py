# The frame by which a worker says that it is ready for a script.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    for _ in range(10):
        os.write(3, struct.pack(">Ic", 0, b"R"))
    os._exit(0)

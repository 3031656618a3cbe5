# A frame of a kind that there is not.
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct


def main():
    os.write(3, struct.pack(">Ic", 1, b"X") + b"1")
    os._exit(0)

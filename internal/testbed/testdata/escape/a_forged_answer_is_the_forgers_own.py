# Write the frame of a value to the channel and leave. The answer is a lie to
# its own caller, and JSON all the same.
# result: {"forged": true}
import struct


def main():
    value = b'{"forged":true}'
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

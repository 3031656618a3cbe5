# What Python's json would write and JSON does not have.
# status: script_error|not_json
# error~: .*(channel of its result|JSON).*
import struct


def main():
    value = b"[NaN, Infinity]"
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

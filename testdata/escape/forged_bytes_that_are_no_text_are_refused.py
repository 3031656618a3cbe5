# A string that is not UTF-8.
# status: script_error|not_json
# error~: .*(channel of its result|JSON).*
import struct


def main():
    value = b'"\xff\xfe\x80"'
    os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    os._exit(0)

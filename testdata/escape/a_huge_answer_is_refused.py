# A header that promises four gigabytes.
# status: result_limit|script_error
# error~: Script (broke the channel of its result before main\(\) returned|exceeded the result limit of 16 KiB)
import struct


def main():
    os.write(3, struct.pack(">Ic", 0xFFFFFFFF, b"V"))
    try:
        while True:
            os.write(3, bytes(65536))
    except OSError:
        pass
    os._exit(0)

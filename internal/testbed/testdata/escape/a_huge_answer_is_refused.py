# A header that promises four gigabytes.
# status: result_limit
# error: Script exceeded the result limit of 16 KiB
import struct


def main():
    os.write(3, struct.pack(">Ic", 0xFFFFFFFF, b"V"))
    try:
        while True:
            os.write(3, bytes(65536))
    except OSError:
        pass
    os._exit(0)

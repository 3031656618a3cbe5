# A small text that becomes a large one.
# status: memory_limit
# error: Script exceeded the memory limit of 64 MiB
import zlib


def main():
    c = zlib.compressobj(1, zlib.DEFLATED, -15)
    megabyte = c.compress(bytes(1 << 20)) + c.flush(zlib.Z_FULL_FLUSH)
    return len(zlib.decompressobj(-15).decompress(megabyte * 1000))

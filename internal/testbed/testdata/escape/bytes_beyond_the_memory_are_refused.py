# One large object.
# status: memory_limit
# error: Script exceeded the memory limit of 64 MiB


def main():
    return len(bytearray(1 << 30))

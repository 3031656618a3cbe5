# A number of a gigabyte.
# status: memory_limit
# error: Script exceeded the memory limit of 64 MiB


def main():
    return (1 << (8 << 30)).bit_length()

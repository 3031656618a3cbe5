# A number that takes longer than there is time, in one call of C.
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds


def main():
    return (3 ** (3 ** 17)).bit_length()

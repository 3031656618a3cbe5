# sendfile puts a page of a file into a socket for each byte, which counts a byte.
# status: ok|memory_limit
# holds: 20


def main(aim):
    with open("f", "wb") as f:
        f.write(bytes(4 * MIB))
    fd, ends = os.open("f", os.O_RDONLY), pairs()
    at = iter(range(0, 1 << 40, PAGE))
    return held([repeat(lambda: os.sendfile(s.fileno(), fd, next(at) % (4 * MIB), 1), 10000) for s in ends][0::20])

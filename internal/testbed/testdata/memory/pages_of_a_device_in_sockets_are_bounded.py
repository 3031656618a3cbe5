# sendfile puts a page of /dev/zero into a socket for each byte, which counts a byte.
# status: ok|memory_limit
# holds: 20


def main(aim):
    try:
        fd = os.open("/dev/zero", os.O_RDONLY)
    except OSError:
        return held("there is none")
    ends = pairs()
    at = iter(range(0, 1 << 40, PAGE))
    return held([repeat(lambda: os.sendfile(s.fileno(), fd, next(at) % (4 * MIB), 1), 10000) for s in ends][0::20])

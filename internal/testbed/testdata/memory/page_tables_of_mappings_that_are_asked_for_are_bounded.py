# As addresses are only hints: without MAP_FIXED, with the flag that refuses to
# replace, and of a file that can only be read.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))
    fd = os.open(os.__file__, os.O_RDONLY)
    ways = [(PRIVATE | ANONYMOUS, -1), (PRIVATE | ANONYMOUS | 0x100000, -1), (SHARED, fd), (PRIVATE, fd)]

    def take():
        for flags, f in ways:
            ctypes.string_at(mapped(PAGE, flags, READ, f, next(at)), 1)

    return held(repeat(take, aim << 5))

# A page here and there that is only read: each has tables of its own.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))

    def take():
        ctypes.string_at(mapped(PAGE, PRIVATE | ANONYMOUS | FIXED, READ, at=next(at)), 1)

    return held(repeat(take, aim << 7))

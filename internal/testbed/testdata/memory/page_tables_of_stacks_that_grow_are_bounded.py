# Mappings that grow downwards when touched below.
# status: ok|memory_limit|cpu_limit|timeout|killed
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))

    def take():
        top = mapped(PAGE, PRIVATE | ANONYMOUS | FIXED | GROWSDOWN, at=next(at))
        touch(top, PAGE)
        ctypes.memset(top - PAGE, 1, 1)

    return held(repeat(take, aim << 7))

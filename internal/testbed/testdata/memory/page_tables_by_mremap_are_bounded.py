# One page after the other is moved far away.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))

    def take():
        page = mapped(PAGE)
        touch(page, PAGE)
        remap(page, PAGE, PAGE, 3, next(at))

    return held(repeat(take, aim << 7))

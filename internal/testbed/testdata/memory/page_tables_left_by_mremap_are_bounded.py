# One page is moved from place to place, and what it left stays mapped.
# status: ok|memory_limit|cpu_limit|timeout|script_error
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))
    page = [mapped(PAGE, at=next(at))]

    def take():
        touch(page[0], PAGE)
        page[0] = remap(page[0], PAGE, PAGE, 7, next(at))  # MAYMOVE|FIXED|DONTUNMAP

    return held(repeat(take, aim << 7))

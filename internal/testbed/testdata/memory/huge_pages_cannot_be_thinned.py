# One page of each huge page is moved elsewhere, and the others are unmapped.
# status: ok|memory_limit


def main(aim):
    far = iter(range(1 << 40, 1 << 45, PAGE))

    def take():
        at = mapped(2 * HUGE)
        start = (at + HUGE - 1) // HUGE * HUGE
        try:
            advise(start, HUGE, 14)
        except OSError:
            pass
        touch(start, PAGE)
        remap(start, PAGE, PAGE, 3, next(far))  # MAYMOVE|FIXED
        unmap(at, 2 * HUGE)

    return held(repeat(take, aim // 2))

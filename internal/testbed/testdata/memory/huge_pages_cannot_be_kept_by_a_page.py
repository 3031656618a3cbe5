# Huge pages, of which all but 4 KiB is unmapped. The kernel takes the rest back
# when it has to, and not before.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(2 * HUGE)
        start = (at + HUGE - 1) // HUGE * HUGE
        try:
            advise(start, HUGE, 14)  # MADV_HUGEPAGE
        except OSError:
            pass
        touch(start, PAGE)
        try:
            advise(start, HUGE, 25)  # MADV_COLLAPSE
        except OSError:
            pass
        unmap(start + PAGE, at + 2 * HUGE - start - PAGE)
        if start > at:
            unmap(at, start - at)

    return held(repeat(take, aim // 2))

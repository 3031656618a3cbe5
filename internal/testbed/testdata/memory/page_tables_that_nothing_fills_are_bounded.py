# Markers instead of pages: guards, and what a population of nothing leaves.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 48


def main(aim):
    at = iter(range(64 << 31, 1 << 46, 1 << 30))

    def take(advice):
        page = mapped(PAGE, PRIVATE | ANONYMOUS | FIXED | NORESERVE, at=next(at))
        advise(page, PAGE, advice)

    return held(*[repeat(lambda: take(advice), aim << 6, 1) for advice in (102, 22, 23)])

# Memory that is locked, of huge pages, for nobody to swap, or to be dropped.
# status: ok|memory_limit


def main(aim):
    came = {}
    for label, flags in {
        "locked": PRIVATE | ANONYMOUS | LOCKED, "huge": PRIVATE | ANONYMOUS | HUGETLB, "huge and shared": SHARED | ANONYMOUS | HUGETLB,
        "droppable": DROPPABLE | ANONYMOUS, "no reserve": PRIVATE | ANONYMOUS | NORESERVE, "populated": PRIVATE | ANONYMOUS | POPULATE,
        "a stack": PRIVATE | ANONYMOUS | GROWSDOWN | 0x20000,
    }.items():

        def take():
            at = mapped(8 * MIB, flags)
            touch(at, 8 * MIB)

        came[label] = repeat(take, aim // 8)
    return held(came)

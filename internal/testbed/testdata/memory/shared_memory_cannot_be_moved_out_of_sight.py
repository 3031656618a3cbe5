# Shared anonymous memory mapped a second time by mremap of no length, and a
# private copy of it; then the first mapping goes.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(8 * MIB, SHARED | ANONYMOUS)
        touch(at, 8 * MIB)
        remap(at, 0, PAGE, 1, 0)
        unmap(at, 8 * MIB)

    return held(repeat(take, aim // 8))

# Shared anonymous memory, all of it unmapped but for a page.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(8 * MIB, SHARED | ANONYMOUS)
        touch(at, 8 * MIB)
        unmap(at + PAGE, 8 * MIB - PAGE)

    return held(repeat(take, aim // 8))

# Shared anonymous memory whose pages are made with the mapping.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(8 * MIB, SHARED | ANONYMOUS | POPULATE)
        touch(at, 8 * MIB)
        unmap(at + PAGE, 8 * MIB - PAGE)

    return held(repeat(take, aim // 8))

# Shared anonymous memory by the value that has flags checked.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(8 * MIB, 3 | ANONYMOUS)
        touch(at, 8 * MIB)
        unmap(at + PAGE, 8 * MIB - PAGE)

    return held(repeat(take, aim // 8))

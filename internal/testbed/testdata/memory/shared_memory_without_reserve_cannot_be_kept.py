# Shared anonymous memory for which nothing is set aside.
# status: ok|memory_limit


def main(aim):
    def take():
        at = mapped(8 * MIB, SHARED | ANONYMOUS | NORESERVE)
        touch(at, 8 * MIB)
        unmap(at + PAGE, 8 * MIB - PAGE)

    return held(repeat(take, aim // 8))

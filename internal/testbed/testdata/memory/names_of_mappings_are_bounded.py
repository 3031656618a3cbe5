# Every mapping gets a long name of its own.
# status: ok|memory_limit
# holds: 32


def main(aim):
    length, named = 32 * MIB, [0]
    base = mapped(length, PRIVATE | ANONYMOUS | NORESERVE, READ)
    pages = iter(range(base, base + length, PAGE))

    def take():
        at = next(pages)
        label = ctypes.create_string_buffer(b"%079d" % named[0])
        kernel("prctl", 0x53564D41, 0, at, PAGE, ctypes.addressof(label))
        named[0] += 1

    return held(repeat(take, length // PAGE - 1, 3))

# Objects, mappings and what malloc has, all at once until each is refused.
# status: ok|memory_limit


def main(aim):
    kept = []
    libc.malloc.restype = where
    came = [
        repeat(lambda: kept.append(b"x" * MIB), aim), repeat(lambda: touch(mapped(64 << 10), 64 << 10), aim * 16),
        repeat(lambda: kept.append(bytearray(1000)), aim * 1000, 1),
    ]
    return held(came)

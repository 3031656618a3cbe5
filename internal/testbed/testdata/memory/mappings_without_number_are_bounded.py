# Every second page of a mapping has other rights: as many mappings as there are
# pages, up to the kernel's own limit.
# status: ok|memory_limit
# holds: 24


def main(aim):
    length = 32 * MIB
    came = []
    for _ in range(8):
        try:
            at = mapped(length, PRIVATE | ANONYMOUS | NORESERVE, READ)
        except OSError as e:
            came.append(errno.errorcode[e.errno])
            break
        pages = iter(range(at, at + length, 2 * PAGE))
        came.append(repeat(lambda: protect(next(pages), PAGE, READ | WRITE), length // 2 // PAGE - 1, 3))
    return held(came)

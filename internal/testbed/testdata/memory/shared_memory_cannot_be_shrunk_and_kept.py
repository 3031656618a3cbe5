# Anonymous memory as mmap makes it, shrunk to one page that would keep the rest.
# status: ok|memory_limit


def main(aim):
    kept = []

    def take():
        m = mmap.mmap(-1, 8 * MIB)
        for at in range(0, len(m), PAGE):
            m[at] = 1
        m.resize(PAGE)
        kept.append(m)

    return held(repeat(take, aim // 8))

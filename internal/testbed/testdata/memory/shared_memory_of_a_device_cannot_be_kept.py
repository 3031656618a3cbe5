# A shared mapping of /dev/zero is anonymous memory by another name.
# status: ok|memory_limit


def main(aim):
    def take(fd, prot):
        at = mapped(8 * MIB, SHARED, prot, fd)
        if prot & WRITE:
            touch(at, 8 * MIB)
        unmap(at + PAGE, 8 * MIB - PAGE)

    came = []
    for mode, prot in (os.O_RDWR, READ | WRITE), (os.O_RDONLY, READ):
        try:
            fd = os.open("/dev/zero", mode)
        except OSError as e:
            came.append(errno.errorcode[e.errno])
            continue
        came.append(repeat(lambda: take(fd, prot), aim // 8))
    return held(came)

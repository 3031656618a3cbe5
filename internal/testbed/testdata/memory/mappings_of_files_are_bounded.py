# All of /tmp mapped as often as there is room, and once more privately.
# status: ok|memory_limit
# holds: 48


def main(aim):
    fd = os.open("f", os.O_RDWR | os.O_CREAT)
    came = [repeat(lambda: os.write(fd, bytes(MIB)), 15)]
    for flags in SHARED, PRIVATE:

        def take():
            at = mapped(15 * MIB, flags, READ | WRITE, fd)
            touch(at, 15 * MIB)
            unmap(at + PAGE, 15 * MIB - PAGE)

        came.append(repeat(take, 40))
    return held(came)

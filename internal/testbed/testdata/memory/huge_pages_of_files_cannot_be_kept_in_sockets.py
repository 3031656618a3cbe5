# One byte of a huge page of a file lies in a socket and keeps all of the page,
# while the file is made empty again.
# status: ok|memory_limit


def main(aim):
    ends = []

    def pair():
        ends.append(socket.socketpair())
        ends[-1][0].setblocking(False)

    fd = os.open("f", os.O_RDWR | os.O_CREAT)
    room = mapped(2 * HUGE, PRIVATE | ANONYMOUS | NORESERVE, 0)
    room = (room + HUGE - 1) // HUGE * HUGE
    collapsed = []

    def take():
        os.ftruncate(fd, HUGE)
        at = mapped(HUGE, SHARED | FIXED, READ | WRITE, fd, room)
        touch(at, PAGE)
        try:
            advise(at, HUGE, 25)  # MADV_COLLAPSE
            collapsed.append(1)
        except OSError:
            pass
        try:
            os.sendfile(ends[-1][0].fileno(), fd, 0, 1)
        except BlockingIOError:
            pair()
        os.ftruncate(fd, 0)

    pair()
    return held(repeat(take, aim // 2), len(collapsed))

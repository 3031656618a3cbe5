# The break is moved up and down; the end of memory is touched each time.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 48


def main(aim):
    start, came = kernel("brk", 0), []

    def take():
        top = kernel("brk", start + len(came) * HUGE + HUGE)
        if top < start + len(came) * HUGE + HUGE:
            raise OSError(errno.ENOMEM, "brk")
        came.append(top)
        ctypes.memset(top - PAGE, 1, 1)

    return held(repeat(take, aim // 2))

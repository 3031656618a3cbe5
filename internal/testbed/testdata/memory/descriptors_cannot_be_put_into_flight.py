# Descriptors inside messages: open, and in no table. Each could hold memory.
# status: ok|memory_limit
# holds: 16


def main(aim):
    a, b = socket.socketpair()
    a.setblocking(False)

    def take():
        r, w = os.pipe2(os.O_NONBLOCK)
        try:
            os.write(w, bytes(1 << 16))
            socket.send_fds(a, [b"x"], [r, w])
        finally:
            os.close(r)
            os.close(w)

    return held(repeat(take, 5000))

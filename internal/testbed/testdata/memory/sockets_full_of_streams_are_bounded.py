# All sockets that there can be, full, by messages of many sizes, with the
# largest buffers that can be had.
# status: ok|memory_limit
# holds: 15


def main(aim):
    ends = pairs(socket.SOCK_STREAM)
    came = [repeat(lambda: s.setsockopt(socket.SOL_SOCKET, o, 16 * MIB), 1)[1] for s in ends for o in (socket.SO_SNDBUF, 32)]
    sent = sum(repeat(lambda: s.send(bytes(n)), 100000, 0.5)[0] for s in ends for n in (1 << 16, 4097, 1))
    return held(came[:2], sent)

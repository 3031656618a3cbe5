# Messages without content take room, too.
# status: ok|memory_limit
# holds: 15


def main(aim):
    ends = pairs(socket.SOCK_SEQPACKET)[::2] + pairs(socket.SOCK_DGRAM)
    return held(sum(repeat(lambda: s.send(b""), 20000, 0.1)[0] for s in ends))

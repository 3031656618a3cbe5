# What moves pages into pipes without copying, or copies them by the page.
# status: ok|memory_limit
# holds: 15


def main(aim):
    with open("f", "wb") as f:
        f.write(bytes(MIB))
    fd, ends, came = os.open("f", os.O_RDWR), pipes()[:-1], {}
    page = ctypes.create_string_buffer(2 * PAGE)
    iov = (ctypes.c_size_t * 2)(ctypes.addressof(page), PAGE)
    ways = {
        "copy_file_range": lambda w: kernel("copy_file_range", fd, 0, w, 0, 1, 0),
        "sendfile": lambda w: os.sendfile(w, fd, 0, 1),
        "splice": lambda w: kernel("splice", fd, 0, w, 0, 1, 0),
        "vmsplice": lambda w: kernel("vmsplice", w, ctypes.addressof(iov), 1, 0),
        "tee": lambda w: kernel("tee", ends[0][0], w, 1, 0),
    }
    for label, f in ways.items():
        came[label] = [repeat(lambda: f(w), 64) for _, w in ends][-1]
    return held(came)

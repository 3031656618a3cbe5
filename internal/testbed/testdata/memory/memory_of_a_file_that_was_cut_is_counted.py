# Private copies of a file's pages, and shared ones, of a file that is then cut.
# status: ok|memory_limit


def main(aim):
    fd = os.open("f", os.O_RDWR | os.O_CREAT)

    def take():
        os.ftruncate(fd, 8 * MIB)
        for flags in SHARED, PRIVATE:
            touch(mapped(8 * MIB, flags, READ | WRITE, fd), 8 * MIB)
        os.ftruncate(fd, 0)

    return held(repeat(take, aim // 16))

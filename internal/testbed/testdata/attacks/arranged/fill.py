# Fill the run's directory, in the way of the input, until somebody stops it.
# The input is the way.
# status: file_limit
import time


def visible():
    for n in range(99):
        with open(f"part{n}", "wb") as f:
            f.write(bytes(4 << 20))
        time.sleep(0.005)


def unlinked():
    kept = []
    for n in range(50):
        f = open("part", "wb", buffering=0)
        os.unlink("part")
        f.write(bytes(4 << 20))
        kept.append(f)
        time.sleep(0.005)


def mapped():
    libc.mmap.restype = ctypes.c_void_p
    for n in range(50):
        fd = os.open("part", os.O_CREAT | os.O_RDWR)
        os.write(fd, bytes(4 << 20))
        assert libc.mmap(None, 4096, 1, 1, fd, 0)
        os.unlink("part")
        os.close(fd)
        time.sleep(0.005)


def reserved():
    KEEP_SIZE = 1
    fd = os.open("part", os.O_CREAT | os.O_RDWR)
    assert libc.fallocate(fd, KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(1 << 30)) == -1
    assert ctypes.get_errno() == errno.EOPNOTSUPP
    for n in range(50):
        os.posix_fallocate(os.open(f"part{n}", os.O_CREAT | os.O_RDWR), 0, 4 << 20)


def unreadable():
    os.mkdir("d", 0o300)
    os.chdir("d")
    visible()


def many():
    for n in range(3000):
        os.close(os.open(f"f{n}", os.O_CREAT))
        time.sleep(0.0001)


def deep():
    for n in range(900):
        os.mkdir("d")
        os.chdir("d")
        time.sleep(0.001)


def main(way):
    globals()[way]()
    time.sleep(5)
    return "filled"

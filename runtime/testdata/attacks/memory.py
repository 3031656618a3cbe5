# Memory, a little more every few milliseconds, of a kind.
import time


def main(kind):
    libc.mmap.restype = ctypes.c_void_p
    size = 8 << 20
    for _ in range(100):
        at = libc.mmap(None, ctypes.c_size_t(size), 3, 0x21 if kind == "shared" else 0x22, -1, ctypes.c_long(0))
        if at == ctypes.c_void_p(-1).value:
            return "refused"
        ctypes.memset(at, 1, size)
        time.sleep(0.01)
    time.sleep(5)
    return "held"

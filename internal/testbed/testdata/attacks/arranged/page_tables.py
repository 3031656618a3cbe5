# Pages far from each other, each with page tables of its own.
# status: memory_limit
# error~: .*: it held .*
import time


def main():
    libc.mmap.restype = ctypes.c_void_p
    for i in range(60000):
        at = libc.mmap(ctypes.c_void_p((i + 64) << 31), ctypes.c_size_t(4096), 1, 0x100022, -1, ctypes.c_long(0))
        if at == ctypes.c_void_p(-1).value:
            break
        ctypes.string_at(at, 1)
    time.sleep(5)
    return "held"

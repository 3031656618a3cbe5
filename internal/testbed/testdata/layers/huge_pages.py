# A huge page of which one byte is used: how many pages are resident.
# contained: 1
# free: 512
SIZE = 2 << 20


def main():
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(2 * SIZE), 3, 0x22, -1, ctypes.c_long(0))
    at = (at + SIZE - 1) // SIZE * SIZE
    libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(SIZE), 14)  # MADV_HUGEPAGE
    ctypes.memset(at, 1, 1)
    resident = (ctypes.c_ubyte * 512)()
    libc.mincore(ctypes.c_void_p(at), ctypes.c_size_t(SIZE), resident)
    return sum(r & 1 for r in resident)

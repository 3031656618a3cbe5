# A page in a GiB of the address space where nothing else is.
def main():
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(ctypes.c_void_p(1 << 40), ctypes.c_size_t(4096), 1, 0x32, -1, ctypes.c_long(0))
    return errno.errorcode[ctypes.get_errno()] if at == ctypes.c_void_p(-1).value else "mapped"

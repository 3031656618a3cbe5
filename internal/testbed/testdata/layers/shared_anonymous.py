# Shared memory without a name, which lives as long as one page of it is mapped.
# contained: "EPERM"
# free: "mapped"
def main():
    libc.mmap.restype = ctypes.c_void_p
    at = libc.mmap(None, ctypes.c_size_t(4096), 3, 0x21, -1, ctypes.c_long(0))
    return errno.errorcode[ctypes.get_errno()] if at == ctypes.c_void_p(-1).value else "mapped"

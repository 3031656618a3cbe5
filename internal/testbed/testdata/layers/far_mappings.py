# A page at a place of one's choice: beside what is mapped, as the dynamic loader
# wants it, and in a GiB of the address space where nothing else is.
# Each takes two pages of page tables.
# contained: ["mapped","EPERM"]
# free: ["mapped","mapped"]
def main():
    libc.mmap.restype = ctypes.c_void_p

    def mapped(at, flags):
        got = libc.mmap(ctypes.c_void_p(at), ctypes.c_size_t(4096), 1, flags, -1, ctypes.c_long(0))
        return errno.errorcode[ctypes.get_errno()] if got == ctypes.c_void_p(-1).value else "mapped"

    near = libc.mmap(None, ctypes.c_size_t(1 << 16), 3, 0x22, -1, ctypes.c_long(0))
    return [mapped(near + 8192, 0x32), mapped(1 << 40, 0x32)]

# Calls by other entries than the one of the C library, from a page of our own
# machine code: int 0x80 enters with the numbers of i386, and with the bit of
# x32 the 64-bit entry takes those of x32. The same page with the native number
# is the twin.
# entries: "native getpid": "pid", "i386 getpid": "EPERM", "x32 getpid": "EPERM"
# arch: amd64
import mmap


def run(code):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    at = ctypes.addressof(ctypes.c_char.from_buffer(page))
    r = ctypes.CFUNCTYPE(ctypes.c_int)(at)()
    return errno.errorcode[-r] if -4096 < r < 0 else "pid" if r == os.getpid() else r


def main():
    def mov_eax(number):
        return b"\xb8" + number.to_bytes(4, "little")

    syscall, int80, ret = b"\x0f\x05", b"\xcd\x80", b"\xc3"
    save_rbx, restore_rbx = b"\x53", b"\x5b"
    return {
        "native getpid": run(mov_eax(39) + syscall + ret),
        "i386 getpid": run(save_rbx + mov_eax(20) + int80 + restore_rbx + ret),
        "x32 getpid": run(mov_eax(0x40000027) + syscall + ret),
    }

# The numbers of i386 and x32 mean other calls than a filter thinks. The same
# code with the native number is the twin.
# arch: amd64
# result: {"native": "mine", "i386": "EPERM", "x32": "EPERM"}
import mmap


def run(code):
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    r = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    return errno.errorcode[-r] if -4096 < r < 0 else "mine" if r == os.getpid() else r


def main():
    mov, syscall, int80, ret = b"\xb8", b"\x0f\x05", b"\xcd\x80", b"\xc3"
    return {
        "native": run(mov + (39).to_bytes(4, "little") + syscall + ret),
        "i386": run(b"\x53" + mov + (20).to_bytes(4, "little") + int80 + b"\x5b" + ret),
        "x32": run(mov + (0x40000027).to_bytes(4, "little") + syscall + ret),
    }

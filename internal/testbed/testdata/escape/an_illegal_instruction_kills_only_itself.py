# An instruction that there is not, and one that only the kernel may use.
# arch: amd64
# status: killed
# error: Script was killed by SIGILL
import mmap


def main():
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    page.write(b"\x0f\x0b\xf4")
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()

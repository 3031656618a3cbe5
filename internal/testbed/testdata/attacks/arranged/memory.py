# Memory, a little more every few milliseconds, of a kind.
# status: memory_limit
# error~: Script exceeded the memory limit of 64 MiB: it held .*
import threading
import time


def main(kind):
    if kind == "by a thread":  # of a process whose first one has ended
        threading.Thread(target=hold, args=["private"], daemon=True).start()
        libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)
    return hold(kind)


def hold(kind):
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

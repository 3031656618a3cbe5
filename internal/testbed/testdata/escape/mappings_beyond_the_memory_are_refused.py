# Anonymous memory, private and shared, and by the C library.
# result: {"private": "ENOMEM", "shared": "ENOMEM", "reserved only": "ENOMEM", "many small": "ENOMEM", "malloc": 0, "twin": "ok"}
import mmap


def main():
    kept = []

    def many():
        while True:
            kept.append(mmap.mmap(-1, 1 << 20))

    def reserved():
        r = call("mmap", 0, 1 << 40, 0, 0x4022, -1, 0)
        if isinstance(r, str):
            raise OSError(getattr(errno, r), "mmap")

    libc.malloc.restype = ctypes.c_void_p
    out = {
        "private": outcome(lambda: mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)), "shared": outcome(lambda: mmap.mmap(-1, 1 << 30)),
        "reserved only": outcome(reserved), "many small": outcome(many), "malloc": libc.malloc(ctypes.c_size_t(1 << 30)) or 0,
    }
    kept.clear()
    out["twin"] = outcome(lambda: mmap.mmap(-1, 1 << 20))
    return out

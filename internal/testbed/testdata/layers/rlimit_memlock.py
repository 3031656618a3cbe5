# Memory that is pinned: mlock is refused by seccomp, this flag of mmap is not.
# contained: "EPERM"
# free: true
import mmap

MAP_LOCKED = 0x2000


def main():
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_LOCKED
    return str(attempt(mmap.mmap, -1, 4096, flags)).startswith("<mmap") or "EPERM"

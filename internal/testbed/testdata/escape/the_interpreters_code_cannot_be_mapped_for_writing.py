# A shared mapping that can be written to would reach the file, and every
# process that runs from it.
# result: {"EACCES": ["shared", "made so later"], "ok": ["private"]}
import mmap


def main():
    fd = os.open(os.__file__, os.O_RDONLY)
    label = lambda f, **k: {"shared": f}

    def later():
        m = mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
        at = call("mmap", 0, 4096, 1, 1, fd, 0)
        r = call("mprotect", at, 4096, 3)
        if isinstance(r, str):
            raise OSError(getattr(errno, r), "mprotect")

    came = {}
    for name, f in {
        "shared": lambda: mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE),
        "made so later": later,
        "private": lambda: mmap.mmap(fd, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE),
    }.items():
        came.setdefault(outcome(f), []).append(name)
    return came

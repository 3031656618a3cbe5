# A sparse file of the size that is allowed, mapped, and every page written.
# status: killed|file_limit|ok
# error~: Script was killed by SIGBUS|Script exceeded the /tmp limit of 4 MiB and 64 files|
import mmap


def main():
    maps = []
    for n in range(4):
        with open(f"f{n}", "wb+") as f:
            f.truncate(3 << 20)
            maps.append(mmap.mmap(f.fileno(), 3 << 20))
    for m in maps:
        for at in range(0, len(m), 4096):
            m[at] = 1
    return "12 MiB in a tmp of 4"

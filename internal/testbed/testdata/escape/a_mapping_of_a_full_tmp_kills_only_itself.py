# A sparse file of the size that is allowed, mapped, and every page written.
# status: killed
# error: Script was killed by SIGBUS
# in docker podman-nons podman-nons-user: status: file_limit|ok
# because: the server looks every 20 ms there, and no tmpfs is full
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

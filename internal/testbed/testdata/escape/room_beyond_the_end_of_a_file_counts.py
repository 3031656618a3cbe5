# Room for a file that its size does not show: four times what fits into the tmp
# of 4 MiB. And a file of one's own that is mapped and has no name is no offence.
# result: {"reserved": ["ok", "ENOSPC"], "twin": "ok"}
# in docker podman-nons podman-nons-user gvisor-root gvisor-user: result: {"reserved": ["ENOTSUP"], "twin": "ok"}
# because: gVisor knows no such thing, and where the server and not the kernel bounds what is in there, seccomp says the same
import mmap
import tempfile
import time

KEEP_SIZE = 1


def main():
    came, kept = [], []
    for n in range(8):
        fd = os.open(f"f{n}", os.O_CREAT | os.O_RDWR)
        r = call("fallocate", fd, KEEP_SIZE, 0, 2 << 20)
        r = "ok" if r == 0 else r
        if r not in came:
            came.append(r)
        os.unlink(f"f{n}")
        kept.append(fd)
    for fd in kept:
        os.close(fd)

    def own():
        with tempfile.TemporaryFile() as f:
            f.write(bytes(8192))
            f.flush()
            with mmap.mmap(f.fileno(), 8192) as m, mmap.mmap(-1, 8192) as anonymous:
                for _ in range(10):
                    m[0] = anonymous[0] = 1
                    time.sleep(0.01)

    return {"reserved": came, "twin": outcome(own)}

# Files without a name and without a descriptor, that one page of each is mapped
# of: they hold their bytes all the same.
# status: file_limit
# error: Script exceeded the /tmp limit of 4 MiB and 64 files
import time


def main():
    libc.mmap.restype = ctypes.c_void_p
    for _ in range(16):
        fd = os.open("f", os.O_CREAT | os.O_RDWR)
        done = 0
        while done < 1 << 20:
            done += os.write(fd, bytes((1 << 20) - done))
        libc.mmap(None, 4096, 1, 1, fd, 0)
        os.unlink("f")
        os.close(fd)
    time.sleep(15)  # a server that counts by itself does so every 20 ms
    return "16 MiB in a tmp of 4"

# Sizes without content: a petabyte, by each call that makes one.
# result: {"truncate": "EFBIG", "ftruncate": "EFBIG", "seek and write": "EFBIG", "posix_fallocate": "EFBIG", "pwrite": "EFBIG", "small": "ok"}
# in gvisor-user: result: {"truncate": "EPERM", "ftruncate": "EFBIG", "seek and write": "EFBIG", "posix_fallocate": "EFBIG", "pwrite": "EFBIG", "small": "EPERM"}
# because: gVisor would let it change the interpreter's files, too


def main():
    big = 1 << 50
    fd = os.open("f", os.O_CREAT | os.O_RDWR)
    signal = __import__("signal")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return {
        "truncate": outcome(os.truncate, "f", big), "ftruncate": outcome(os.ftruncate, fd, big),
        "seek and write": outcome(lambda: (os.lseek(fd, 1 << 40, 0), os.write(fd, b"x"))), "posix_fallocate": outcome(os.posix_fallocate, fd, 0, big),
        "pwrite": outcome(os.pwrite, fd, b"x", big), "small": outcome(os.truncate, "f", 4096),
    }

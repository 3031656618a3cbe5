# What is open besides the streams and the channel, and of what kind.
# result: {"0": "device", "1": "pipe", "2": "pipe", "3": "socket"}
# in podman-nons: result: {"0": "0o100000", "1": "pipe", "2": "pipe", "3": "socket"}
# because: stdin is an empty file there, for want of the device
import stat


def main():
    kinds, names = {}, {stat.S_IFCHR: "device", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    for fd in [*range(128), 255, 256, 511, 512, 1023, 1024]:
        try:
            kind = stat.S_IFMT(os.fstat(fd).st_mode)
        except OSError:
            continue
        kinds[fd] = names.get(kind, oct(kind))
    return kinds

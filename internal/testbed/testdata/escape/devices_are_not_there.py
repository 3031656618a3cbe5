# All but the one for nothing. By this name Python looks for /dev/random itself.
# result: {"refused": ["mem", "kmsg", "full", "tty", "console", "ptmx", "fuse", "kvm", "disk", "tun", "shm", "input", "gpu", "uinput", "random", "zero"], "ok": ["null"]}
# in podman-nons: result: {"refused": ["mem", "kmsg", "full", "tty", "console", "ptmx", "fuse", "kvm", "disk", "tun", "shm", "input", "gpu", "uinput", "random", "zero", "null"]}
# because: no device can be brought into a tree without a mount
# in podman-nons-user: result: {"refused": ["mem", "kmsg", "full", "tty", "console", "ptmx", "fuse", "kvm", "disk", "tun", "input", "gpu", "uinput", "random", "zero"], "EISDIR": ["shm"], "ok": ["null"]}
# because: the kernel says so of a directory that is there before Landlock is asked


def main():
    names = {
        "mem": "/dev/mem", "kmsg": "/dev/kmsg", "full": "/dev/full", "tty": "/dev/tty", "console": "/dev/console", "ptmx": "/dev/ptmx", "fuse": "/dev/fuse", "kvm": "/dev/kvm",
        "disk": "/dev/vda", "tun": "/dev/net/tun", "shm": "/dev/shm", "input": "/dev/input", "gpu": "/dev/dri", "uinput": "/dev/uinput", "random": "/dev//random", "zero": "/dev/zero", "null": "/dev/null",
    }
    return reach(**{label: (lambda path=path: os.open(path, os.O_RDWR)) for label, path in names.items()})

# /proc and /sys tell about the server, the machine and other runs.
# result: {"refused": ["own environment", "own memory", "own maps", "own files", "server's environment", "server's memory", "server's root", "server's directory", "server's files", "list", "kernel log", "all memory", "symbols", "sysrq", "sys", "cgroups", "firmware"]}


def main(targets):
    server = targets["server"]
    names = {
        "own environment": "/proc/self/environ", "own memory": "/proc/self/mem", "own maps": "/proc/self/maps", "own files": "/proc/self/fd",
        "server's environment": f"/proc/{server}/environ", "server's memory": f"/proc/{server}/mem", "server's root": f"/proc/{server}/root",
        "server's directory": f"/proc/{server}/cwd", "server's files": f"/proc/{server}/fd/0", "list": "/proc", "kernel log": "/proc/kmsg",
        "all memory": "/proc/kcore", "symbols": "/proc/kallsyms", "sysrq": "/proc/sysrq-trigger", "sys": "/sys/kernel", "cgroups": "/sys/fs/cgroup", "firmware": "/sys/firmware",
    }
    return reach(**{label: (lambda path=path: os.open(path, os.O_RDONLY)) for label, path in names.items()})

# The devices are the machine's own, and may be written to. Whatever is changed of
# their nodes, the next run would find, and so would the machine.
# result: {"null": ["write"], "urandom": ["write"], "zero": []}
# in podman-nons: result: {"null": ["write", "touch", "touch by descriptor"], "urandom": [], "zero": []}
# because: no device can be brought into a tree without a mount, and none be made read-only
# in docker: result: {"null": ["write", "touch", "touch by descriptor"], "urandom": ["write", "touch", "touch by descriptor"], "zero": []}
# because: what is made in a tree can't be made read-only without a mount; its times are all that changes
# in gvisor-root: result: {"null": ["write", "touch", "touch by descriptor"], "urandom": ["write", "touch", "touch by descriptor"], "zero": []}
# because: gVisor sets the times of a device through a read-only mount


def main():
    came = {}
    for name in "null", "urandom", "zero":
        path = "/dev/" + name

        def write():
            with open(path, "wb", buffering=0) as f:
                f.write(b"x")

        def touch_by_descriptor():
            with open(path, "wb", buffering=0) as f:
                os.utime(f.fileno())

        open("mine", "w").close()
        came[name] = reach(**{
            "write": write, "touch": lambda: os.utime(path), "touch by descriptor": touch_by_descriptor, "set times": lambda: os.utime(path, (0, 0)),
            "chmod": lambda: os.chmod(path, 0o666), "link": lambda: os.link(path, "node"), "unlink": lambda: os.unlink(path),
            "rename": lambda: os.rename(path, "node"), "replace": lambda: os.replace("mine", path), "another": lambda: open(path + "0", "w"),
        }).get("ok", [])
    return came

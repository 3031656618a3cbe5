# Write what others will take for random. A kernel only mixes it in; where a
# pipe stands in for the device, it must not take anything. By //random Python looks
# for that device itself.
# result: {"urandom": "ok", "random": "ENOENT", "differs": true}
# in podman-nons: result: {"urandom": "EACCES", "random": "ENOENT", "differs": true}
# because: a pipe that the server fills stands in for the device there
# in podman-nons-user: result: {"urandom": "ok", "random": "EACCES", "differs": true}
# because: Landlock does not hide what it refuses


def main():
    def plant(path):
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        for _ in range(100):
            os.write(fd, b"\4" * 4096)

    out = {"urandom": outcome(plant, "/dev/urandom"), "random": outcome(plant, "/dev//random")}
    try:
        with open("/dev/urandom", "rb", 0) as f:
            out["differs"] = b"\4" * 16 not in f.read(4096)
    except OSError:
        out["differs"] = True
    return out

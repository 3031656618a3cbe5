# Mark a file as one that runs as its owner. It can't be run at all.
# result: {"chmod": "ok", "run": "EPERM"}
# in gvisor-user: result: {"chmod": "EPERM", "run": "EPERM"}
# because: gVisor does not heed read-only mounts, so seccomp refuses to change modes
# in podman-nons-user: result: {"chmod": "EPERM", "run": "EPERM"}
# because: Landlock does not know modes, so seccomp refuses to change them


def main():
    with open("mine", "w") as f:
        f.write("#!/bin/sh\n")
    return {"chmod": outcome(os.chmod, "mine", 0o6755), "run": outcome(os.execv, "./mine", ["mine"])}

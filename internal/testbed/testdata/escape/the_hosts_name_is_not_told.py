# The name of the machine, where the sandbox can have one of its own.
# result: "sandbox"
# in podman docker podman-nons podman-nons-user: result~: "[0-9a-f]{12}"
# because: the name is the container's, which is not the host's


def main():
    return os.uname().nodename

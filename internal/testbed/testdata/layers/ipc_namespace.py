# Is the host's shared memory there? The input is its key.
# contained: "ENOENT"
# free: "found"


def main(key):
    found = call("shmget", key, 0, 0)
    return found if isinstance(found, str) else "found"

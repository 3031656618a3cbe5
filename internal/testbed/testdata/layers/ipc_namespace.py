# Is the host's shared memory there? The input is how to ask, and its key.


def main(x):
    found = call(x["shmget"], x["key"], 0, 0)
    return found if isinstance(found, str) else "found"

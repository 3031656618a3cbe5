# A file that no limit counts.
# contained: "EPERM"
# free: "made"


def main():
    r = call("memfd_create", "m", 0)
    return r if isinstance(r, str) else "made"

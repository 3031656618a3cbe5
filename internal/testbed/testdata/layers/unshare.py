# Make a mount namespace, which takes a capability.
# contained: "EPERM"
# free: 0


def main():
    return call("unshare", 0x20000)

# Make a mount namespace, which takes a capability; the input is the call.


def main(unshare):
    return call(unshare, 0x20000)

# The kernel would end the run with the signal that is otherwise somebody else's,
# so that the service would be blamed, and an event come again for ever.
# result: ["EPERM", "EPERM", "the same"]


def main():
    import resource

    before = resource.getrlimit(resource.RLIMIT_CPU)
    libc.syscall.restype = ctypes.c_long
    limits = (ctypes.c_ulong * 2)(1, 1)

    def tried(*args):
        ctypes.set_errno(0)
        return errno.errorcode[ctypes.get_errno()] if libc.syscall(*map(ctypes.c_long, args)) == -1 else "ok"

    at = ctypes.addressof(limits)
    number = {"x86_64": (302, 160), "aarch64": (261, 164)}[os.uname().machine]
    told = [tried(number[0], 0, 0, at, 0), tried(number[1], 0, at)]
    return told + ["the same" if resource.getrlimit(resource.RLIMIT_CPU) == before else "lower"]

# What Python, and the C library, would run at the end.
# result: "returned"
# stdout: in main
import atexit
import weakref


class C:
    pass


def main():
    def late(*_):
        os.write(1, b"late")
        while True:
            pass
    names = globals()
    names["kept"], names["f"] = C(), ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)(late)
    atexit.register(late)
    weakref.finalize(names["kept"], late)
    libc.on_exit(names["f"], None)
    print("in main", end="")
    return "returned"

# What Python runs at the end, none of which comes back; and what the C library would.
# It tells what it waited for within a moment, or is ended without.
# timeout: 1
# status: timeout
# error~: Script execution timed out after 1 seconds(: what it waited for at its end was a function registered with atexit)?
# stdout: in main late
import atexit
import signal
import weakref


class C:
    pass


def main():
    def late(*_):
        signal.signal(signal.SIGTERM, late)
        os.write(1, b" late")
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    names = globals()
    names["kept"], names["f"] = C(), ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)(late)
    atexit.register(late)
    weakref.finalize(names["kept"], late)
    libc.on_exit(names["f"], None)
    print("in main", end="", flush=True)
    return "returned"

# Put a shared object into the run's directory and load it: machine code needs
# no such thing, but a way to bring programs along should not exist either.
# result: {"mine": "OSError", "twin": "ok"}
# in docker podman-nons podman-nons-user: result: {"mine": "ok", "twin": "ok"}
# because: the directory of a run is no mount of its own that could forbid it; machine code runs all the same


class Info(ctypes.Structure):
    _fields_ = [("file", ctypes.c_char_p), ("base", ctypes.c_void_p), ("name", ctypes.c_char_p), ("address", ctypes.c_void_p)]


def main():
    info = Info()
    libc.dladdr(ctypes.cast(ctypes.CDLL("libm.so.6").sin, ctypes.c_void_p), ctypes.byref(info))
    with open(info.file, "rb") as a, open("mine.so", "wb") as b:
        b.write(a.read())
    return {"mine": outcome(ctypes.CDLL, "./mine.so"), "twin": outcome(ctypes.CDLL, info.file.decode())}

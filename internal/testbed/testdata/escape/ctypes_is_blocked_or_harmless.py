# The C library by ctypes, and its system().
# blocked: import ctypes
# result: {"system": true, "fork": -1}
import ctypes


def main():
    libc = ctypes.CDLL(None)
    return {"system": libc.system(b"exit 0") != 0, "fork": libc.fork()}

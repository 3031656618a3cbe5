# The environment as Python has it, as C has it, and as the kernel laid it out
# at exec. All that may be there is constant: the loader's, what tells libraries of
# numbers to be content with one thread and of files to lock none, a terminal that can
# do nothing, and the home that every run has.
# result: {"python": [], "c": [], "block": []}
AT_EXECFN = 31
CONSTANT = ("HDF5_USE_FILE_LOCKING=FALSE", "TERMINFO=hex:", "LD_BIND_NOW=", "LD_ORIGIN_PATH=/", "ARROW_", "JE_ARROW_", "MKL_", "NUMEXPR_", "OMP_", "OPENBLAS_", "TZDIR=/")
HOME = {"USER": "user", "LOGNAME": "user", "PATH": "/usr/bin:/bin", "TZ": "UTC", "LANG": "C.UTF-8"}


def main():
    here = os.getcwd()
    made_up = {**HOME, "HOME": here, "PWD": here, "TMPDIR": here, "MPLCONFIGDIR": here + "/.cache/matplotlib"}
    constant = CONSTANT + tuple(f"{name}={value}" for name, value in made_up.items())
    pointer, in_c = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ"), []
    while pointer and pointer[len(in_c)]:
        in_c.append(pointer[len(in_c)].decode())
    libc.getauxval.restype = ctypes.c_ulong
    begin, end = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value, libc.getauxval(AT_EXECFN)
    block = [s for s in ctypes.string_at(begin, end - begin).decode("latin-1").split("\0") if s.isprintable() and s.partition("=")[0].isupper() and "=" in s]
    return {"python": [name for name in os.environ if os.environ[name] != made_up.get(name)], "c": [s for s in in_c if not s.startswith(constant)], "block": [s for s in block if not s.startswith(constant)]}

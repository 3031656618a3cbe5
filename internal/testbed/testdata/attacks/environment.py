# Every place where an environment could be found: Python's copy, C's, and the
# block that the kernel laid out at exec, between the arguments and AT_EXECFN.
# The variables are the loader's, with values that are always the same or that
# sys.prefix tells, too. Those in C bound the threads of native libraries.
# entries: "python": {}, "block": ["LD_BIND_NOW", "LD_ORIGIN_PATH"]
# entries: "c": ["ARROW_IO_THREADS=1", "JE_ARROW_MALLOC_CONF=background_thread:false", "MKL_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1", "OMP_NUM_THREADS=1", "OMP_WAIT_POLICY=passive", "OPENBLAS_NUM_THREADS=1"]
AT_EXECFN = 31


def main():
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    in_c = []
    while pointer and pointer[len(in_c)]:
        in_c.append(pointer[len(in_c)].decode())
    libc.getauxval.restype = ctypes.c_ulong
    end = libc.getauxval(AT_EXECFN)
    begin = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value
    # In gVisor there are random bytes between them, too.
    block = ctypes.string_at(begin, end - begin).decode(errors="replace").split("\0")
    names = [s.partition("=")[0] for s in block if "=" in s and " " not in s]
    return {"python": dict(os.environ), "c": in_c, "block": [n for n in names if n.isascii() and n.isidentifier() and len(n) > 2]}

# The environment as Python has it, as C has it, and as the kernel laid it out
# at exec. All that may be there is constant: the loader's, and what tells
# libraries of numbers to be content with one thread.
# result: {"python": [], "c": [], "block": []}
AT_EXECFN = 31
CONSTANT = ("LD_BIND_NOW=", "LD_ORIGIN_PATH=/", "ARROW_", "JE_ARROW_", "MKL_", "NUMEXPR_", "OMP_", "OPENBLAS_")


def main():
    pointer, in_c = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ"), []
    while pointer and pointer[len(in_c)]:
        in_c.append(pointer[len(in_c)].decode())
    libc.getauxval.restype = ctypes.c_ulong
    begin, end = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value, libc.getauxval(AT_EXECFN)
    block = [s for s in ctypes.string_at(begin, end - begin).decode("latin-1").split("\0") if s.isprintable() and s.partition("=")[0].isupper() and "=" in s]
    return {"python": list(os.environ), "c": [s for s in in_c if not s.startswith(CONSTANT)], "block": [s for s in block if not s.startswith(CONSTANT)]}

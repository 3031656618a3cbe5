# Bytecode that no compiler makes: a constant from far beyond the code's own, for
# which the interpreter reads memory that is not there.
# status: killed
# error: Script was killed by SIGSEGV
import types


def main():
    def f():
        pass
    far = b"\x90\x7f\x90\xff\x90\xff\x64\xff" b"\x53\x00"  # EXTENDED_ARG, LOAD_CONST, RETURN_VALUE
    types.FunctionType(f.__code__.replace(co_code=far, co_stacksize=8), {})()

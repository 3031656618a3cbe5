# Bytecode that no compiler makes: a local that is not there, and the stack of
# somebody else.
# status: killed|script_error|memory_limit|cpu_limit|timeout
import types


def main():
    def f():
        pass
    for junk in b"\x7c\xff" * 64, bytes(range(256)), b"\x01\x00" * 256 + b"\x53\x00":
        code = f.__code__.replace(co_code=junk, co_stacksize=0, co_nlocals=0, co_varnames=())
        types.FunctionType(code, {})()

# Bytecode that no compiler makes: a local that is not there, and the stack of
# somebody else. What that does depends on what lies in memory there.
# status: killed|script_error
# error~: SystemError: unknown opcode|Script was killed by SIG(SEGV|ILL|BUS|ABRT)
# stderr~: (XXX lineno: -?[0-9]+, opcode: [0-9]+\n)?
import types


def main():
    def f():
        pass
    for junk in b"\x7c\xff" * 64, bytes(range(256)), b"\x01\x00" * 256 + b"\x53\x00":
        code = f.__code__.replace(co_code=junk, co_stacksize=0, co_nlocals=0, co_varnames=())
        types.FunctionType(code, {})()

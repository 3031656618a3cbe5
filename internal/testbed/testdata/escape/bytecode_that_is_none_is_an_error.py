# An operation that the interpreter does not have.
# status: script_error
# error: SystemError: unknown opcode
# stderr~: XXX lineno: -?[0-9]+, opcode: [0-9]+\n
import types


def main():
    def f():
        pass
    none = b"\xfa\x00" b"\x53\x00"
    types.FunctionType(f.__code__.replace(co_code=none, co_stacksize=8), {})()

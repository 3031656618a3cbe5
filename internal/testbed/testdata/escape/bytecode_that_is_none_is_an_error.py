# An operation that the interpreter does not have.
# status: script_error
# error: SystemError: unknown opcode
# stderr~: XXX lineno: -?[0-9]+, opcode: [0-9]+\n
# in python-3.14: status: killed
# in python-3.14: error: Script was killed by SIGSEGV
# because: its operations are found by a table, which it does not look beyond
import types


def main():
    def f():
        pass
    none = b"\xfa\x00" b"\x53\x00"
    types.FunctionType(f.__code__.replace(co_code=none, co_stacksize=8), {})()

# A program that the compiler can't get to the end of.
# status: script_error
# error~: (RecursionError|MemoryError|SyntaxError).*|s_push.*


def main():
    return eval("(" * 5000 + ")" * 5000)

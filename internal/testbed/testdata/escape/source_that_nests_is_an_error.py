# A program that the compiler can't get to the end of.
# status: script_error
# error: SyntaxError: too many nested parentheses


def main():
    return eval("(" * 5000 + ")" * 5000)

# The plain one.
# status: script_error
# error: RecursionError: maximum recursion depth exceeded


def main():
    return main()

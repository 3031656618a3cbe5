# Put the channel where stdout was, so that print forges.
# status: script_error
# error: Script broke the channel of its result before main() returned


def main():
    os.dup2(3, 1)
    print("print goes to the server")
    return 1

# And the other way round: the answer goes to the output.
# status: exited|script_error
# error~: Script (broke the channel of its result|exited with code 0) before main\(\) returned
# stdout~: .*"returned"


def main():
    os.dup2(1, 3)
    return "returned"

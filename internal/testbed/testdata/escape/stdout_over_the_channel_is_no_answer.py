# And the other way round: the answer goes to the output.
# status: exited
# error: Script exited with code 0 before main() returned
# stdout~: .*"returned"


def main():
    os.dup2(1, 3)
    return "returned"

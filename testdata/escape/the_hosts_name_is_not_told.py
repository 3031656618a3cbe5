# The name of the machine, where the sandbox can have one of its own.
# result: "sandbox"


def main():
    return os.uname().nodename

# What is this machine called?
# Free is the name that the host has.
# contained: "sandbox"


def main():
    return os.uname().nodename

# What is this machine called?


def main():
    return os.uname().nodename

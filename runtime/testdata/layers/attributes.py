# Change the mode of a file of the host that this user owns, without opening it.


def main(path):
    return attempt(os.chmod, path, 0o600)

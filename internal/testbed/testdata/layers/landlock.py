# List a directory: the mounts leave it readable.


def main(path):
    names = attempt(os.listdir, path)
    return names if isinstance(names, str) else "python" in names or path == "/dev" and "null" in names

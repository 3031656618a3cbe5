# List the root: the mounts leave it readable.


def main():
    names = attempt(os.listdir, "/")
    return names if isinstance(names, str) else "python" in names

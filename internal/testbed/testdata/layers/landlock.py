# List a directory: the mounts leave it readable.
# input: "/"
# contained: "EACCES"
# free: true
# in container: input: "/dev"
# because: the root's own mode forbids to list it
# in landlock: free: false
# because: the root is the host's


def main(path):
    names = attempt(os.listdir, path)
    return names if isinstance(names, str) else "python" in names or path == "/dev" and "null" in names

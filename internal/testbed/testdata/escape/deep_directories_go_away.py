# A tree that is deeper than a path is long, without rights, and with names
# that are no text.
# result: "made"


def main():
    os.mkdir(b"\xff\xfe\n\x1b[2J")
    os.mkdir("x" * 255)
    for _ in range(30):
        os.mkdir("y" * 200, 0o300)
        os.chdir("y" * 200)
    open("file", "w").close()
    os.symlink("/", "root")
    outcome(os.chmod, ".", 0)
    return "made"

# Leave behind what is hard to remove and worth following.
# result: "left"


def main(host):
    os.mkdir("closed", 0o000)
    os.mkdir("unreadable", 0o300)
    os.mkdir("unreadable/nested", 0o300)
    os.mkdir("unreadable/nested/last", 0o300)
    with open("unreadable/nested/file", "w") as f:
        f.write("x")
    os.mkdir("locked", 0o700)
    with open("locked/file", "w") as f:
        f.write("x")
    os.symlink(host, "host")
    os.symlink(host, "locked/host")
    os.symlink(".", "loop")
    os.symlink("../..", "up")
    os.mkdir(b"\xff\xfe\n")
    os.mkdir("x" * 255)
    deep = "."
    for n in range(40):
        deep += f"/{n}"
        os.mkdir(deep, 0o300)
    return "left"

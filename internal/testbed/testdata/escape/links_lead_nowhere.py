# Symbolic links to the server's file, to the root, and to /proc, followed by
# the script.
# result: {"refused": ["file", "root", "up", "environ", "through a directory", "rename over"], "ok": ["twin"]}
# in gvisor-root gvisor-user: result: {"refused": ["file", "environ", "through a directory", "rename over"], "ok": ["root", "up", "twin"]}
# because: without Landlock the private root itself can be listed


def main(targets):
    file = targets["file"]
    os.symlink(file, "file")
    os.symlink("/", "root")
    os.symlink("../../../..", "up")
    os.symlink("/proc/self/environ", "environ")
    os.symlink(os.path.dirname(file), "d")
    os.symlink("twin.txt", "twin")
    return reach(**{
        "file": lambda: open("file"), "root": lambda: os.listdir("root"), "up": lambda: os.listdir("up"), "environ": lambda: open("environ"),
        "through a directory": lambda: open("d/" + os.path.basename(file)), "rename over": lambda: os.rename("d", file), "twin": lambda: open("twin", "w"),
    })

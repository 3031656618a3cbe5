# Which files of the host are there at all? Looking is no matter of Landlock's.


def main():
    return [path for path in ("/etc/passwd", "/proc/self", "/sys", "/root", "/usr/bin") if os.path.lexists(path)]

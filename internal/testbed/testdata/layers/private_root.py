# Which files of the host are there at all? Looking is no matter of Landlock's.
# Free is whatever of these the host has.
# contained: []


def main():
    return [path for path in ("/etc/passwd", "/proc/self", "/sys", "/root", "/usr/bin") if os.path.lexists(path)]

# Kill everybody in the process group, which is not bounded by PID namespaces.


def main():
    os.kill(0, 9)
    return "alive"

# Kill everybody in the process group, which is not bounded by PID namespaces.
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted


def main():
    os.kill(0, 9)
    return "alive"

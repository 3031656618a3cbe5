# Fork and let the error through: the caller reads which layer refused it.
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted
# denied: starting processes is not available to scripts (refused by seccomp)
# blocked: import os
import os


def main():
    return os.fork()

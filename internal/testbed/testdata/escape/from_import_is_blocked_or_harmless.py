# The same by from, with another name, inside a function.
# blocked: from subprocess import Popen as p, run
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted
# denied: starting processes is not available to scripts (refused by seccomp)


def main():
    from subprocess import Popen as p, run
    return p(["/bin/sh"]) or run

# Every process makes two, if one could.
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted
# denied: starting processes is not available to scripts (refused by seccomp)


def main():
    while True:
        os.fork()

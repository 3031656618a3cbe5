# End of file without closing.
# status: script_error|exited
# error~: Script (broke the channel of its result|exited with code 0) before main\(\) returned
SHUT_RDWR = 2


def main():
    if libc.shutdown(3, SHUT_RDWR):
        return "shutdown is refused"
    return "nobody hears this"

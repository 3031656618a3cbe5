# End of file without closing.
# status: exited
# error: Script exited with code 0 before main() returned
SHUT_RDWR = 2


def main():
    if libc.shutdown(3, SHUT_RDWR):
        return "shutdown is refused"
    return "nobody hears this"

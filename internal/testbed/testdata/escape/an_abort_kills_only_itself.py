# The C library's abort.
# status: killed
# error: Script was killed by SIGABRT


def main():
    libc.abort()

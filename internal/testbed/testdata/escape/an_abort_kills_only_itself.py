# The C library's abort. A process that is the first of its PID namespace does
# not die of SIGABRT, and abort then goes on to an instruction it may not use.
# status: killed
# error~: Script was killed by SIG(ABRT|SEGV)


def main():
    libc.abort()

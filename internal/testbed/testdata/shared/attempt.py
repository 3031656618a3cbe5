# What the programs that look into one layer, or at a family of ways, share beside
# the system calls.


def attempt(f, *args, **named):
    """What f returned, or the name of the error."""
    try:
        return f(*args, **named)
    except OSError as e:
        return errno.errorcode[e.errno]

# A file that is mapped keeps the locks of its description when it is closed, so
# that the number of descriptors does not bound them.
# status: ok
# result: ["EPERM"]
# holds: 8


def main(aim):
    import fcntl
    import struct

    fd = os.open("f", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 1, 0))  # F_OFD_SETLK
    except PermissionError as e:
        return [errno.errorcode[e.errno]]

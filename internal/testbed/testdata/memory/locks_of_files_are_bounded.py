# Locks of single bytes, of the process and of open files.
# status: ok|memory_limit|cpu_limit|timeout
# holds: 16


def main(aim):
    fcntl, struct = importlib.import_module("fcntl"), importlib.import_module("struct")
    files = []
    repeat(lambda: files.append(os.open(str(len(files)), os.O_RDWR | os.O_CREAT)), 58)
    end, locked, at = BEGAN + BUSY, 0, 0
    while time.monotonic() < end:
        for fd in files:
            for how in fcntl.F_SETLK, 37:  # F_OFD_SETLK
                try:
                    fcntl.fcntl(fd, how, struct.pack("hhqqi4x", fcntl.F_WRLCK if how != 37 else fcntl.F_RDLCK, 0, at, 1, 0))
                    locked += 1
                except OSError:
                    pass
        at += 2
    return held(locked)

# What is open, and what kind is it?
# entries: "0": "device", "1": "pipe", "2": "pipe", "3": "socket"
# in no-devices: entries: "0": "0o100000"
# because: an empty file stands in for the device
import stat


def main():
    kinds = {}
    for fd in range(1024):
        st = attempt(os.fstat, fd)
        if not isinstance(st, str):
            kinds[fd] = stat.S_IFMT(st.st_mode)
    names = {stat.S_IFCHR: "device", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return {fd: names.get(kind, oct(kind)) for fd, kind in kinds.items()}

# Addresses and routes of the machine.
# result: {"refused": ["list", "netlink", "ioctl", "names"], "OSError": ["index"]}
# in python-3.14: result: {"refused": ["list", "index", "netlink", "ioctl", "names"]}
# because: Python tells the reason there
import importlib
fcntl, socket = map(importlib.import_module, ("fcntl", "socket"))


def main():
    a, _ = socket.socketpair()
    return reach(
        list=socket.if_nameindex, index=lambda: socket.if_nametoindex("lo"), netlink=lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
        ioctl=lambda: fcntl.ioctl(a, 0x8912, bytes(16)), names=lambda: socket.gethostbyaddr("127.0.0.1"),
    )

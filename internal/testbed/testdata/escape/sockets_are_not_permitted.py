# A socket of every family, by the call itself.
# result: {"EPERM": ["unix", "ipv4", "ipv4, mptcp", "ipv4, raw", "ipv4, sctp", "ipv6", "netlink", "packet", "vsock", "alg", "bluetooth", "can", "xdp", "tipc", "qipcrtr"], "ok": ["twin"]}
AF = {"unix": (1, 1, 0), "ipv4": (2, 1, 0), "ipv4, mptcp": (2, 1, 262), "ipv4, raw": (2, 3, 255), "ipv4, sctp": (2, 1, 132), "ipv6": (10, 1, 0),
      "netlink": (16, 3, 0), "packet": (17, 3, 0x300), "vsock": (40, 1, 0), "alg": (38, 5, 0), "bluetooth": (31, 3, 1), "can": (29, 3, 1),
      "xdp": (44, 3, 0), "tipc": (30, 1, 0), "qipcrtr": (42, 2, 0)}


def main():
    return survey(*((name + ": socket", *args) for name, args in AF.items()), ("twin: socketpair", 1, 1, 0, bytes(8)))

# Reach a service of the host. The loopback interface of an empty network
# namespace is down on Linux, and up with nobody there in gVisor.
# contained: "unreachable"
# free: "connected"
import socket


def main(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        came = attempt(s.connect, ("127.0.0.1", port))
    return "unreachable" if came in ("ENETUNREACH", "ECONNREFUSED") else came or "connected"

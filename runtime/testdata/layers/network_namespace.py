# Reach a service of the host.
import socket


def main(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return attempt(s.sendto, b"hello", ("127.0.0.1", port))

# The same by its name.
# status: script_error
# error: socket.gaierror: [Errno -3] Temporary failure in name resolution
# denied: network access is not available to scripts (refused by seccomp)
# blocked: import socket
import socket


def main():
    return socket.getaddrinfo("metadata.google.internal", 80)

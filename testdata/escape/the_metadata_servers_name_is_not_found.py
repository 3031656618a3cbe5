# The same by its name.
# status: script_error
# error~: gaierror: .*|socket\.gaierror: .*
# denied: network access is not available to scripts (refused by seccomp)
# blocked: import socket
import socket


def main():
    return socket.getaddrinfo("metadata.google.internal", 80)

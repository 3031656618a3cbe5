# A descriptor that is sent and not received counts for nobody.
# status: script_error
# error: PermissionError: [Errno 1] Operation not permitted
# denied: network access is not available to scripts (refused by seccomp)
import array
import importlib
socket = importlib.import_module("socket")


def main():
    a, b = socket.socketpair()
    while True:
        a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [b.fileno()]))])

# What is open? Then leave a mark on stdin, for the next run to find.
# contained: {"only":true,"marked":false}
# free~: \{"only":false,"marked":(true|false)\}
import fcntl


def main():
    open_now = [fd for fd in range(256) if not isinstance(attempt(os.fstat, fd), str)]
    marked = fcntl.fcntl(0, fcntl.F_GETFL) & os.O_APPEND != 0
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_APPEND)
    return {"only": open_now == [0, 1, 2, 3], "marked": marked}

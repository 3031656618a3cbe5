# Descriptors of every kind, until none can be had.
# result: {"files": "EMFILE", "pipes": "EMFILE", "sockets": "EMFILE", "polls": "EMFILE", "events": "EMFILE", "copies": "EMFILE", "by number": "EBADF", "twin": "ok"}
import fcntl
import importlib
import select

socket = importlib.import_module("socket")


def main():
    def until_refused(make):
        kept = []
        try:
            while True:
                kept.append(make())
        finally:
            for one in kept:
                for fd in one if isinstance(one, tuple) else (one,):
                    os.close(fd) if isinstance(fd, int) else fd.close()

    return {
        "files": outcome(until_refused, lambda: open("f", "w")), "pipes": outcome(until_refused, os.pipe), "sockets": outcome(until_refused, socket.socketpair),
        "polls": outcome(until_refused, select.epoll), "events": outcome(until_refused, lambda: os.eventfd(0)), "copies": outcome(until_refused, lambda: os.dup(1)),
        "by number": outcome(os.dup2, 1, 1000), "twin": outcome(open, "f"),
    }

# A stack of a gigabyte for a thread.
# result: {"thread": "RuntimeError", "twin": "ok"}
import threading


def main():
    def start(size):
        threading.stack_size(size)
        t = threading.Thread(target=int)
        t.start()
        t.join()
    return {"thread": outcome(start, 1 << 30), "twin": outcome(start, 1 << 20)}

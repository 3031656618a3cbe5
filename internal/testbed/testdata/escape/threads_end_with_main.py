# Threads that are not daemons and never end.
# result: "returned"
import threading


def main():
    def spin():
        while True:
            pass
    for _ in range(4):
        threading.Thread(target=spin).start()
    return "returned"

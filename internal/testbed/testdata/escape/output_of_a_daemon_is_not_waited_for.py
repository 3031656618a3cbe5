# A thread that nobody waits for writes on and on when main has returned.
# result: "returned"
# stdout~: (x\n){0,1000}
import threading
import time


def main():
    def go_on():
        while True:
            print("x")
            time.sleep(0.01)
    threading.Thread(target=go_on, daemon=True).start()
    return "returned"

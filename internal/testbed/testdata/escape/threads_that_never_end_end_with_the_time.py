# Threads that are not daemons and never end: Python waits for them, the server does not.
# timeout: 1
# status: timeout
# error~: Script execution timed out after 1 seconds.*
import threading
import time


def main():
    def spin():
        while True:
            time.sleep(0.001)
    for _ in range(4):
        threading.Thread(target=spin).start()
    return "returned"

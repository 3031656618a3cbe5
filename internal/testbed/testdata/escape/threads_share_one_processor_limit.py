# Several at once, in C code that lets go of the interpreter.
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds
import hashlib
import threading


def main():
    def work():
        data = bytes(1 << 20)
        while True:
            hashlib.sha256(data)
    for _ in range(3):
        threading.Thread(target=work).start()
    work()

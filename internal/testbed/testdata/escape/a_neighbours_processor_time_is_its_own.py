# Take all the processor time that there is, beside a run that needs little.
# beside: beside/holds_a_secret.py
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds
import hashlib
import threading


def main():
    def work():
        while True:
            hashlib.sha256(bytes(1 << 20))
    for _ in range(7):
        threading.Thread(target=work).start()
    work()

# Threads until none can be had.
# status: script_error
# error: RuntimeError: can't start new thread (the limit is 16 threads)
# in podman-nons-user gvisor-user: status: killed
# because: the server, not the kernel, keeps this limit there, and ends the run
# in podman-nons-user gvisor-user: error: Script was killed because it exceeded the limit of 16 threads
# because: the same
import threading
import time


def main():
    threading.stack_size(64 << 10)
    while True:
        threading.Thread(target=time.sleep, args=(15,), daemon=True).start()
        time.sleep(0.002)  # or else, before the server looks, the memory is gone

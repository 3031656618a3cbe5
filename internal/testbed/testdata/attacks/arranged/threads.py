# As many threads as can be had, and hold them.
# The limit is 64. A few less when another server here has a worker of that uid.
# input: 100
# result~: 6[0-4]
# in landlock gVisor-user: status: killed
# in landlock gVisor-user: error~: .*limit of 64 threads.*
# because: the kernel can't count them for each run there: the server does
import threading
import time


def main(wanted):
    threading.stack_size(64 << 10)
    stop = threading.Event()
    started = 1
    try:
        while started < wanted:
            threading.Thread(target=stop.wait, daemon=True).start()
            started += 1
        time.sleep(0.5 if wanted <= 64 else 15)  # what is over the limit is ended
    except RuntimeError:
        pass
    stop.set()
    return started

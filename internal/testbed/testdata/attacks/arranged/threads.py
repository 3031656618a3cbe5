# As many threads as can be had, and hold them.
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

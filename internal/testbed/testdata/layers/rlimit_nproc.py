# More threads than allowed, up to what is worth telling.
# A few less when another server here has a worker of that uid.
# contained~: 6[0-4]
# free: "no end"
import threading


def main(wait=None):
    stop = threading.Event()
    threading.stack_size(64 << 10)
    started = 1
    try:
        while started < 120:
            threading.Thread(target=stop.wait).start()
            started += 1
    except RuntimeError:
        return started
    finally:
        stop.wait(wait or 0)
        stop.set()
    return "no end"

# Descriptors that need no file, as many as there can be, and timers by number.
# status: ok|memory_limit
# holds: 6


def main(aim):
    signal, kept = importlib.import_module("signal"), []
    came = {}
    number_of = ctypes.c_int(0)
    came["timer_create"] = repeat(lambda: kernel("timer_create", 1, 0, ctypes.addressof(number_of)), 100000)
    came["timerfd"] = repeat(lambda: kept.append(kernel("timerfd_create", 1, 0)), 1000)
    came["eventfd"] = repeat(lambda: kept.append(os.eventfd(0)), 1000)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return held(came)

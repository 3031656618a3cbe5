# Signals that are blocked wait in a queue, with what they carry.
# status: ok|memory_limit
# holds: 4


def main(aim):
    signal, came = importlib.import_module("signal"), {}
    all_of_them = set(range(34, 65))
    signal.pthread_sigmask(signal.SIG_BLOCK, all_of_them)
    me, info = os.getpid(), ctypes.create_string_buffer(128)
    ctypes.memmove(info, (ctypes.c_int * 3)(34, 0, -1), 12)
    thread = threading.get_native_id()
    ways = {
        "rt_sigqueueinfo": lambda: kernel("rt_sigqueueinfo", me, 34, ctypes.addressof(info)),
        "rt_tgsigqueueinfo": lambda: kernel("rt_tgsigqueueinfo", me, thread, 34, ctypes.addressof(info)),
        "tgkill": lambda: kernel("tgkill", me, thread, 34),
        "kill": lambda: os.kill(me, 35),
        "thread": lambda: signal.pthread_kill(threading.get_ident(), 36),
    }
    for label, f in ways.items():
        came[label] = repeat(f, 200000, 1)
    return held(came)

# All at once, in threads: what each alone may have does not add up without end.
# status: ok|memory_limit|file_limit|cpu_limit|timeout


def main(aim):
    fcntl, select, signal = map(importlib.import_module, ("fcntl", "select", "signal"))
    far = iter(range(64 << 31, 1 << 46, 1 << 30))
    n, kept, came = iter(range(10**7)), [], {}
    signal.pthread_sigmask(signal.SIG_BLOCK, {34})

    def shared():
        at = mapped(4 * MIB, SHARED | ANONYMOUS)
        touch(at, 4 * MIB)
        unmap(at + PAGE, 4 * MIB - PAGE)

    def device():
        fd = os.open("/dev/zero", os.O_RDWR)
        try:
            at = mapped(4 * MIB, SHARED, READ | WRITE, fd)
            touch(at, 4 * MIB)
            unmap(at + PAGE, 4 * MIB - PAGE)
        finally:
            os.close(fd)

    def tables():
        ctypes.string_at(mapped(PAGE, PRIVATE | ANONYMOUS | FIXED, READ, at=next(far)), 1)

    def huge():
        at = mapped(2 * HUGE)
        start = (at + HUGE - 1) // HUGE * HUGE
        repeat(lambda: advise(start, HUGE, 14), 1)
        touch(start, PAGE)
        unmap(start + PAGE, at + 2 * HUGE - start - PAGE)

    def files():
        with open(str(next(n)), "wb") as f:
            f.write(bytes(1 << 16))

    def sockets():
        a, b = socket.socketpair()
        for s in a, b:
            s.setblocking(False)
            kept.append(s)
            repeat(lambda: s.send(bytes(4096)), 10000, 0.1)

    ways = {
        "shared": (shared, aim // 4), "device": (device, aim // 4), "tables": (tables, aim << 5), "huge": (huge, aim // 4), "files": (files, 10**5),
        "sockets": (sockets, 20), "signals": (lambda: os.kill(os.getpid(), 34), 10**5), "objects": (lambda: kept.append(bytes(1 << 16)), aim * 16),
    }

    def work(label, f, times):
        came[label] = repeat(f, times)

    threads = [threading.Thread(target=work, args=(label, *way)) for label, way in ways.items()]
    started = repeat(lambda: [t.start() for t in threads], 1)
    for t in threads:
        if t.ident:
            t.join()
    return held(came, started)

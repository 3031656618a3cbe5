# Stacks of threads: their memory, and what the kernel keeps for each.
# status: ok|memory_limit
# in podman-nons-user gvisor-user plain-user: status: ok|memory_limit|killed
# because: threads are counted from outside there, and who has more is ended


def main(aim):
    threading.stack_size(1 * MIB)
    end, threads = threading.Event(), []

    def deep(n):
        return deep(n - 1) if n else end.wait()

    def take():
        t = threading.Thread(target=deep, args=(300,), daemon=True)
        t.start()
        threads.append(t)

    came = repeat(take, 512)
    out = held(came)
    end.set()
    return out

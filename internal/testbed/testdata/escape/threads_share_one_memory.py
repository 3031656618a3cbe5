# A few megabytes for each of many threads: together too much.
# result: {"refused": 8, "kept": true}
import threading


def main():
    kept, refused, ready = [], [], threading.Barrier(9)

    def work():
        ready.wait()
        try:
            while True:
                kept.append(bytearray(1 << 20))
        except MemoryError:
            refused.append(len(kept))

    threading.stack_size(256 << 10)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    ready.wait()
    for t in threads:
        t.join()
    return {"refused": len(refused), "kept": len(kept) < 80}

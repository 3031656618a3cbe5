# A pool, queues, locks and a barrier.
# result: {"sum": 19900, "pool": [0, 1, 4, 9], "count": 4000}
import concurrent.futures
import queue
import threading


def main():
    work, done = queue.Queue(), queue.Queue()

    def serve():
        while (n := work.get()) is not None:
            done.put(n)

    threads = [threading.Thread(target=serve) for _ in range(8)]
    for t in threads:
        t.start()
    for n in list(range(200)) + [None] * 8:
        work.put(n)
    for t in threads:
        t.join()
    total = sum(done.get() for _ in range(200))
    lock, count = threading.Lock(), [0]

    def add(_):
        for _ in range(1000):
            with lock:
                count[0] += 1

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        squares = list(pool.map(lambda n: n * n, range(4)))
        list(pool.map(add, range(4)))
    return {"sum": total, "pool": squares, "count": count[0]}

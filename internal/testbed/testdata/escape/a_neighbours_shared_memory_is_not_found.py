# Every name space in which two runs could meet without files. A semaphore is one of the process, with and without a name.
# beside: beside/holds_a_secret.py
# result: {"EPERM": ["segment", "semaphore", "queue", "memory by name"], "refused": ["shared_memory", "lock"], "ok": ["semaphore by name"]}


def main():
    came = survey(("segment: shmget", 1, 4096, 0o1666), ("semaphore: semget", 1, 1, 0o1666), ("queue: mq_open", "q", 0o102, 0o600, 0), ("memory by name: memfd_create", "m", 0))
    multiprocessing, shared_memory = map(importlib.import_module, ("multiprocessing", "multiprocessing.shared_memory"))
    came.update(reach(**{
        "shared_memory": lambda: shared_memory.SharedMemory("pyexec-test", create=True, size=4096),
        "semaphore by name": lambda: multiprocessing.Semaphore(1), "lock": lambda: open("/dev/shm/lock", "w"),
    }))
    return came

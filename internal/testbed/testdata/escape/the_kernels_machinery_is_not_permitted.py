# What has been the way through the kernel most often.
# result: {"EPERM": ["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "modify memory policy", "move_pages", "migrate_pages"], "ok": ["twin"]}


def main():
    return survey(
        ("bpf", 0, bytes(128), 128), ("perf_event_open", bytes(128), 0, -1, -1, 0), ("userfaultfd", 1),
        ("io_uring_setup", 8, bytes(120)), ("io_uring_enter", 3, 0, 0, 0, 0, 0), ("io_uring_register", 3, 0, 0, 0), ("io_setup", 8, bytes(8)),
        ("modify memory policy: set_mempolicy", 0, 0, 0), ("move_pages", 0, 0, 0, 0, 0, 0), ("migrate_pages", 0, 8, bytes(8), bytes(8)),
        ("twin: epoll_create1", 0),
    )

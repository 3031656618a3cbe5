# Whatever else keeps memory in the kernel by number, by name or by descriptor.
# result: {"EPERM": ["memfd_create", "with huge pages", "memfd_secret", "shmget", "shmget of huge pages", "msgget", "semget", "mq_open", "inotify_init1", "fanotify_init", "io_uring_setup", "io_setup", "userfaultfd", "bpf", "perf_event_open", "add_key", "keyctl", "timer_create", "timerfd_create", "mlock", "mlock2", "mlockall", "a larger pipe", "a larger socket", "landlock_create_ruleset", "seccomp", "mbind", "remap_file_pages", "process_madvise", "pkey_alloc", "setxattr", "fsopen", "open_tree"]}
# in gvisor-root gvisor-user: result~: \{"EPERM":\[.*"memfd_create".*\].*\}
# because: not every one of these is known there


def main(aim):
    return survey(
        ("memfd_create", "m", 0), ("with huge pages: memfd_create", "m", 4), ("memfd_secret", 0), ("shmget", 0, 8 << 20, 0o1600),
        ("shmget of huge pages: shmget", 0, 8 << 20, 0o5600), ("msgget", 0, 0o1600), ("semget", 0, 250, 0o1600), ("mq_open", "q", 0o102, 0o600, 0),
        ("inotify_init1", 0), ("fanotify_init", 0, 0), ("io_uring_setup", 4096, bytes(120)), ("io_setup", 65536, bytes(8)), ("userfaultfd", 1),
        ("bpf", 0, bytes(128), 128), ("perf_event_open", bytes(128), 0, -1, -1, 0), ("add_key", "user", "k", bytes(16384), 16384, -2),
        ("keyctl", 0, -3, 1), ("timer_create", 1, 0, bytes(8)), ("timerfd_create", 1, 0), ("mlock", 0, 4096), ("mlock2", 0, 4096, 1), ("mlockall", 7),
        ("a larger pipe: fcntl", 1, 1031, 1 << 20), ("a larger socket: setsockopt", 3, 1, 7, bytes(4), 4),
        ("landlock_create_ruleset", bytes(8), 8, 0), ("seccomp", 1, 0, 0), ("mbind", 0, 4096, 0, 0, 0, 0), ("remap_file_pages", 0, 4096, 0, 0, 0),
        ("process_madvise", -1, 0, 0, 0, 0), ("pkey_alloc", 0, 0), ("setxattr", "/tmp", "user.a", bytes(16), 16, 0), ("fsopen", "tmpfs", 0),
        ("open_tree", -100, "/tmp", 1),
    )

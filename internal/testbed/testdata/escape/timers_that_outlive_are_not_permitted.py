# Timers and signals by descriptor, for which nothing in the library asks.
# result: {"EPERM": ["timer_create", "timerfd_create", "signalfd4", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill"], "ok": ["twin"]}


def main():
    return survey(
        ("timer_create", 0, 0, bytes(8)), ("timerfd_create", 0, 0), ("signalfd4", -1, bytes(8), 8, 0), ("rt_sigqueueinfo", 1, 0, bytes(128)),
        ("rt_tgsigqueueinfo", 1, 1, 0, bytes(128)), ("tkill", 1, 0), ("twin: eventfd2", 0, 0),
    )

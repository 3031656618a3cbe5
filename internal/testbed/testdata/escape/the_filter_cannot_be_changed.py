# Put another filter or ruleset over the ones in force, or ask about them.
# result: {"EPERM": ["strict", "filter", "actions", "listener", "landlock", "restrict", "personality"], "ok": ["twin"]}


def main():
    return survey(
        ("strict: seccomp", 0, 0, 0), ("filter: seccomp", 1, 0, bytes(16)), ("actions: seccomp", 2, 0, bytes(4)), ("listener: seccomp", 1, 8, bytes(16)),
        ("landlock: landlock_create_ruleset", 0, 0, 1), ("restrict: landlock_restrict_self", 3, 0), ("personality", 0x0400000),
        ("twin: uname", bytes(400)),
    )

# A handle opens a file past every directory above it.
# result: {"EPERM": ["name_to_handle_at", "open_by_handle_at", "openat2"], "ok": ["twin"]}
AT_FDCWD = -100


def main():
    return survey(
        ("name_to_handle_at", AT_FDCWD, "/", b"\x80" + bytes(135), bytes(4), 0), ("open_by_handle_at", 1, b"\x80" + bytes(135), 0),
        ("openat2", AT_FDCWD, "/", bytes(24), 24), ("twin: openat", AT_FDCWD, ".", os.O_RDONLY, 0),
    )

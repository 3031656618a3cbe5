# Mount, by the old calls and the new ones, and change the root.
# result: {"EPERM": ["mount", "a bind", "remount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr"], "ok": ["twin"]}
MS_BIND, MS_REMOUNT, AT_FDCWD = 4096, 32, -100


def main():
    return survey(
        ("mount", "none", "/tmp", "tmpfs", 0, 0),
        ("a bind: mount", "/", "/tmp", 0, MS_BIND, 0),
        ("remount: mount", "none", "/", 0, MS_BIND | MS_REMOUNT, 0),
        ("umount2", "/tmp", 2), ("pivot_root", ".", "."), ("chroot", "."),
        ("fsopen", "tmpfs", 0), ("fsconfig", 3, 0, 0, 0, 0), ("fsmount", 3, 0, 0), ("fspick", AT_FDCWD, "/", 0),
        ("open_tree", AT_FDCWD, "/", 1), ("move_mount", 3, "", AT_FDCWD, "/tmp", 4), ("mount_setattr", AT_FDCWD, "/", 0, bytes(32), 32),
        ("twin: chdir", "."),
    )

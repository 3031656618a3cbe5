# Files, directories and links until nothing goes.
# result: {"files": ["ENOSPC", 63], "directories": "ENOSPC", "symlinks": "ENOSPC", "twin": "ok"}
# in docker podman-nons podman-nons-user: status: file_limit
# because: the server, not the kernel, keeps this limit there, and ends the run


def main():
    made = []

    def files():
        for n in range(1_000_000):
            os.close(os.open(f"f{n}", os.O_CREAT))
            made.append(n)

    return {"files": [outcome(files), len(made)], "directories": outcome(os.mkdir, "d"), "symlinks": outcome(os.symlink, "f0", "l"),
            "twin": outcome(lambda: (os.unlink("f0"), os.mkdir("d")))}

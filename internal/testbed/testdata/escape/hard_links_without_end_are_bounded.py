# Names for one file: the kernel counts, or the server does.
# result: ["ENOSPC", 62]
# in docker podman-nons podman-nons-user: status: file_limit
# because: the server, not the kernel, keeps this limit there, and ends the run
# in gvisor-root gvisor-user: result: ["EPERM", 0]
# because: gVisor counts files and no links, so these are refused


def main():
    made = []
    open("f", "w").close()

    def links():
        for n in range(1_000_000):
            os.link("f", f"l{n}")
            made.append(n)

    return [outcome(links), len(made)]

# A file that is larger than all of /tmp, and takes no room there.
# contained: "EFBIG"
# free: 68157440
# in container landlock gVisor-chroot: free~: 68157440|file_limit: .*
# because: the server may see it before the run ends


def main():
    with open("sparse", "wb") as f:
        return attempt(f.truncate, 65 << 20)

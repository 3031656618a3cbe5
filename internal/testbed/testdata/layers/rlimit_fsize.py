# A file that is larger than all of /tmp, and takes no room there.


def main():
    with open("sparse", "wb") as f:
        return attempt(f.truncate, 65 << 20)

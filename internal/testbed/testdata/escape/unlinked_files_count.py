# Files that have no name any more hold their bytes all the same.
# status: file_limit
# error: Script exceeded the /tmp limit of 4 MiB and 64 files
import time


def main():
    kept = []
    for n in range(16):
        f = open("f", "wb", buffering=0)
        os.unlink("f")
        f.write(bytes(1 << 20))
        kept.append(f)
    time.sleep(15)  # a server that counts by itself does so every 20 ms
    return "16 MiB in a tmp of 4"

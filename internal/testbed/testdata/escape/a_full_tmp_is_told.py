# Write until nothing goes in, in one file.
# status: file_limit
# error: Script exceeded the /tmp limit of 4 MiB and 64 files


def main():
    with open("f", "wb") as f:
        while True:
            f.write(bytes(1 << 16))

# Zeros for ever: a header of length nothing and of no kind, again and again.
# status: script_error
# error: Script broke the channel of its result before main() returned


def main():
    while True:
        os.write(3, bytes(1 << 16))

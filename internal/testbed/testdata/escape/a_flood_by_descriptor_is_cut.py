# Past every buffer of Python's, on both, by threads.
# status: output_limit
# error~: Script exceeded the std(out|err) limit of 4 KiB
import threading


def main():
    def flood(fd):
        while True:
            os.write(fd, b"y" * 65536)
    threading.Thread(target=flood, args=(2,)).start()
    flood(1)

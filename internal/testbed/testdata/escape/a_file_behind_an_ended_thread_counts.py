# The first thread ends, and with it most of what the machine shows of a process.
# Another one goes on, with files that no directory shows.
# status: file_limit
# error: Script exceeded the /tmp limit of 4 MiB and 64 files
import struct
import threading
import time


def main():
    def fill():
        kept = []
        try:
            for _ in range(16):
                fd = os.open("f", os.O_CREAT | os.O_RDWR)
                os.unlink("f")
                kept.append(fd)
                done = 0
                while done < 1 << 20:
                    done += os.write(fd, bytes((1 << 20) - done))
        except OSError as e:  # by the kernel, where it counts
            told = b'{"status":"%s","error":"","ran":true}' % (b"file_limit" if e.errno in (27, 28) else b"script_error")
            os.write(3, struct.pack(">Ic", len(told), b"E") + told)
            os._exit(0)
        time.sleep(15)  # a server that counts by itself does so every 20 ms
        os._exit(0)

    threading.Thread(target=fill).start()
    libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)

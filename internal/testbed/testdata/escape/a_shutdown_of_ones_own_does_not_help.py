# Replace what waits for threads, and forge an answer from what runs at the end.
# result: "forged"
import atexit
import struct
import threading


def main():
    def answer():
        value = b'"forged"'
        os.write(3, struct.pack(">Ic", len(value), b"V") + value)
        os._exit(0)
    threading._shutdown = answer
    atexit.register(answer)
    threading.Thread(target=int, args=(3,)).start()
    threading.Thread(target=threading.Event().wait).start()
    return "of main"

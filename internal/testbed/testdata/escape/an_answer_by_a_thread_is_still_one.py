# A thread answers while main goes on; the run ends with it.
# result: "of the thread"
import struct
import threading
import time


def main():
    def answer():
        value = b'"of the thread"'
        os.write(3, struct.pack(">Ic", len(value), b"V") + value)
    threading.Thread(target=answer).start()
    time.sleep(20)
    return "of main"

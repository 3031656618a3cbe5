# sys.exit and os._exit in threads.
# status: exited
# error: Script exited with code 7 before main() returned
import sys
import threading
import time


def main():
    threading.Thread(target=sys.exit, args=(3,)).start()
    time.sleep(0.1)
    threading.Thread(target=os._exit, args=(7,)).start()
    time.sleep(20)
    return "never"

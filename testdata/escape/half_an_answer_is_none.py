# Half a frame, then silence until the time is up. What the harness then says
# is taken for the other half.
# timeout: 0.5
# status: script_error
# error: Script broke the channel of its result before main() returned
import struct
import time


def main():
    os.write(3, struct.pack(">Ic", 100, b"V") + b'"half')
    while True:
        time.sleep(9)

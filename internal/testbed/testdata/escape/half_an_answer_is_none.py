# Half a frame, then silence until the time is up. What the harness then says
# is taken for the other half, if a busy machine lets it say anything.
# timeout: 0.5
# status: script_error|timeout
# error~: Script broke the channel of its result before main\(\) returned|Script execution timed out after 0\.5 seconds
import struct
import time


def main():
    os.write(3, struct.pack(">Ic", 100, b"V") + b'"half')
    while True:
        time.sleep(9)

# The same for an object that goes before main returns.
# timeout: 0.4
# status: timeout
# error: Script execution timed out after 0.4 seconds
import time


class C:
    def __del__(self):
        time.sleep(60)


def main():
    C()
    return "never"

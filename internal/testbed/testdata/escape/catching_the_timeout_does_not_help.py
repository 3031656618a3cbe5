# Catch everything, again and again.
# timeout: 0.4
# status: timeout
# error: Script execution timed out after 0.4 seconds
import time


def main():
    while True:
        try:
            while True:
                time.sleep(1)
        except BaseException:
            pass

# Is the /tmp that everybody sees the one this run works in? Several of these run
# at once.
# contained: true
# free: false
import time


def main():
    time.sleep(0.3)
    return os.stat("/tmp").st_dev == os.stat(".").st_dev

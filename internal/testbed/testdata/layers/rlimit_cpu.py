# More processor time than allowed.
# contained~: cpu_limit: .*
# free: "done"
import time


def main():
    while time.process_time() < 1.7:
        pass
    return "done"

# Hold all the descriptors and threads that there are, beside another run.
# beside: beside/holds_a_secret.py
# result: "EMFILE"
import time


def main():
    kept = []

    def hold():
        while True:
            kept.append(os.open("f", os.O_RDWR | os.O_CREAT))

    came = outcome(hold)
    time.sleep(0.3)
    return came

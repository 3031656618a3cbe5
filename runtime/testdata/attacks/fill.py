# Fill the run's directory, in the way of the input, until somebody stops it.
import time


def visible():
    for n in range(99):
        with open(f"part{n}", "wb") as f:
            f.write(bytes(4 << 20))
        time.sleep(0.005)


def unlinked():
    kept = []
    for n in range(50):
        f = open("part", "wb", buffering=0)
        os.unlink("part")
        f.write(bytes(4 << 20))
        kept.append(f)
        time.sleep(0.005)


def unreadable():
    os.mkdir("d", 0o300)
    os.chdir("d")
    visible()


def many():
    for n in range(3000):
        os.close(os.open(f"f{n}", os.O_CREAT))
        time.sleep(0.0001)


def deep():
    for n in range(900):
        os.mkdir("d")
        os.chdir("d")
        time.sleep(0.001)


def main(way):
    globals()[way]()
    time.sleep(5)
    return "filled"

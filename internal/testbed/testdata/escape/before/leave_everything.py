# Leave traces.
# result: "left"
import signal
import sys


def main():
    for name in "a", "b":
        open(name, "w").write("left")
    os.environ["LEFT"] = "1"
    os.umask(0o777)
    sys.argv.append("left")
    sys.left = True
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    return "left"

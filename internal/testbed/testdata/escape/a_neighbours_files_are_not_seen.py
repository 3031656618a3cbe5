# Look for what a run that goes on now has written.
# beside: beside/holds_a_secret.py
# result: []
import glob


def main():
    found = []
    for place in ".", "..", "/tmp", "/dev/shm", "/var/tmp", "/run", "/tmp/..", "/proc/1/cwd", "/proc/1/root":
        for depth in "*", "*/*", "*/*/*":
            for path in glob.glob(f"{place}/{depth}"):
                if "neighbour" in path:
                    found.append(path)
    return found

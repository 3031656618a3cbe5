# A process that is stopped neither answers nor ends, and nobody could tell who
# did it: none can stop itself, nor end itself without a word.
# result: ["EPERM", "EPERM", "EPERM", "EPERM", "EPERM"]


def main():
    return [outcome(os.kill, os.getpid(), sig) for sig in (9, 19, 20, 21, 22)]

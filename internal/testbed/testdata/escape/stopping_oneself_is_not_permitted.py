# A process that is stopped neither answers nor ends, and nobody could tell who
# did it: none can stop itself, nor end itself without a word.
# result: ["EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "EPERM", "EPERM"]


def main():
    stops, me = (19, 20, 21, 22), os.getpid()
    return [outcome(os.kill, me, sig) for sig in stops] + [call("kill", me, sig) for sig in (9, *stops)]

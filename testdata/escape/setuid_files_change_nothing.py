# Mark a file as one that runs as its owner. It can't be run at all.
# result~: \{"chmod":"(ok|EPERM)","run":"EPERM"\}


def main():
    with open("mine", "w") as f:
        f.write("#!/bin/sh\n")
    return {"chmod": outcome(os.chmod, "mine", 0o6755), "run": outcome(os.execv, "./mine", ["mine"])}

# A process that is stopped neither answers nor ends. The first of a PID
# namespace can't be stopped from inside, and waits.
# timeout: 0.5
# status: timeout
# error: Script execution timed out after 0.5 seconds


def main():
    os.kill(os.getpid(), 19)
    while True:
        libc.sleep(9)

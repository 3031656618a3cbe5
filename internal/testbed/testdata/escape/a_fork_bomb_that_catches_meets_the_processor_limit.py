# The same, and it does not mind the errors.
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds


def main():
    while True:
        outcome(os.fork)

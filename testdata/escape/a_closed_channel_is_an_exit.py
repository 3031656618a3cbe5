# Close the channel, then go on as if nothing had happened.
# status: script_error|exited
# error~: Script (broke the channel of its result|exited with code 0) before main\(\) returned


def main():
    os.close(3)
    return "nobody hears this"

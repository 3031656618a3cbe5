# Close the channel, then go on as if nothing had happened.
# status: exited
# error: Script exited with code 0 before main() returned


def main():
    os.close(3)
    return "nobody hears this"

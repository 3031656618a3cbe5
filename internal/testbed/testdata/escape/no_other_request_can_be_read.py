# Wait on the channel for the next caller's script.
# timeout: 0.5
# status: timeout
# error: Script execution timed out after 0.5 seconds


def main():
    return os.read(3, 65536).decode()

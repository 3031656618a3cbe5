# os.system raises, and the C library's says by what it returns that no shell ran.
# result: {"python": "EPERM", "c": true}


def main():
    return {"python": outcome(os.system, "exit 0"), "c": libc.system(b"exit 0") != 0}

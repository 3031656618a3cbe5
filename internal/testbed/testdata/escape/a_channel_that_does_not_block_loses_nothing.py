# The other end must not mind how this one is set.
# result: "xxxxxxxxxx"


def main():
    os.set_blocking(3, False)
    return "x" * 10

# Give a file a second name.


def main():
    open("one", "w").close()
    return attempt(os.link, "one", "two")

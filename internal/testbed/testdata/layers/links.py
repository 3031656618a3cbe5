# Give a file a second name.
# contained: "EPERM"
# free: null


def main():
    open("one", "w").close()
    return attempt(os.link, "one", "two")

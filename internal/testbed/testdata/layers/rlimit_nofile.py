# More open files than allowed, up to what is worth telling.
# contained: 64
# free: "no end"


def main():
    for n in range(200):
        if attempt(os.dup, 0) == "EMFILE":
            return n + 4
    return "no end"

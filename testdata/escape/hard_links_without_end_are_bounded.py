# Names for one file: the kernel counts, or the server does.
# result~: \["(ENOSPC|EMLINK|EDQUOT)",[0-9]{1,5}\]


def main():
    made = []
    open("f", "w").close()

    def links():
        for n in range(1_000_000):
            os.link("f", f"l{n}")
            made.append(n)

    return [outcome(links), len(made)]

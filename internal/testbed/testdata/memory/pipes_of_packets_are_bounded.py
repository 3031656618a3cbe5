# Pipes in which each byte that is written takes a page, made so, and turned so.
# status: ok|memory_limit
# holds: 6


def main(aim):
    fcntl, came = importlib.import_module("fcntl"), {}
    ends = []
    came["made so"] = repeat(lambda: ends.append(os.pipe2(os.O_DIRECT | os.O_NONBLOCK)), 10)
    more = pipes()
    came["turned so"] = repeat(lambda: [fcntl.fcntl(w, fcntl.F_SETFL, os.O_DIRECT | os.O_NONBLOCK) for _, w in more], 1)
    ends += more
    came["written"] = sum(repeat(lambda: os.write(w, b"x"), 10000)[0] for _, w in ends)
    return held(came)

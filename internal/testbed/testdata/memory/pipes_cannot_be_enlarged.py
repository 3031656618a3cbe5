# Full pipes, each as large as it can be made.
# status: ok|memory_limit
# holds: 6


def main(aim):
    fcntl, ends = importlib.import_module("fcntl"), pipes()
    came = [repeat(lambda: fcntl.fcntl(w, 1031, 1 << at), 1)[1] for _, w in ends for at in (20, 17)]
    block = bytes(1 << 16)
    return held(came[:2], sum(repeat(lambda: os.write(w, block), 100)[0] for _, w in ends))

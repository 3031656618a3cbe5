# Could exec give privileges? The input is the number of prctl.


def main(prctl):
    return call(prctl, 39, 0, 0, 0, 0)

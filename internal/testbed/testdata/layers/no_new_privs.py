# Could exec give privileges?
# contained: 1
# free: 0


def main():
    return call("prctl", 39, 0, 0, 0, 0)

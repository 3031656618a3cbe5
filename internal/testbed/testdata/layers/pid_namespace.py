# Which processes can be named?
# contained: [1,0,false]
# free~: \[\d+,\d+,(true|false)\]


def main():
    named = [p for p in range(1, 300) if isinstance(attempt(os.getpgid, p), int)]
    return [os.getpid(), os.getppid(), len(named) > 1]

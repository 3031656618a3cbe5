# A dict whose items never end.
# timeout: 0.5
# status: timeout|memory_limit|not_json|ok
# error~: .*


class D(dict):
    def items(self):
        n = 0
        while True:
            n += 1
            yield "k", n


def main():
    return D(a=1)

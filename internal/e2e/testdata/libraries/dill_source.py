# Functions and classes of the script are sent and come back; their source is found.
# expect: [2, "def increased(x):\n    return x + 1\n", 3, 5, "increased"]
import dill


class Thing:
    def five(self):
        return 5


def increased(x):
    return x + 1


def main():
    return [
        dill.loads(dill.dumps(increased))(1),
        dill.source.getsource(increased),
        dill.loads(dill.dumps(lambda: 3))(),
        dill.loads(dill.dumps(Thing())).five(),
        dill.source.getname(increased),
    ]

# Loading a pickle calls what it names.
# result: {"system": "EPERM", "fork": "EPERM", "twin": [1, 2]}
import pickle


class Call:
    def __init__(self, f, *args):
        self.what = f, args

    def __reduce__(self):
        return self.what


def main():
    return {
        "system": outcome(pickle.loads, pickle.dumps(Call(os.system, "exit 0"))),
        "fork": outcome(pickle.loads, pickle.dumps(Call(os.fork))),
        "twin": pickle.loads(pickle.dumps([1, 2])),
    }

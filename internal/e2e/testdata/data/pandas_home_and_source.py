# Libraries keep things in the home, and ask for the source of a function.
# expect: {"cached": [2, 2, 1], "source": true, "home": true}
import inspect
import pathlib

import pandas as pd
from joblib import Memory

calls = []
memory = Memory(pathlib.Path.home() / ".cache" / "joblib", verbose=0)


@memory.cache
def increased(x):
    calls.append(x)
    return x + 1


def doubled(row):
    return row * 2


def main():
    source = inspect.getsource(doubled)
    return {
        "cached": [increased(1), increased(1), len(calls)],
        "source": source == "def doubled(row):\n    return row * 2\n" and int(pd.Series([1]).map(doubled)[0]) == 2,
        "home": pathlib.Path("~").expanduser() == pathlib.Path.cwd(),
    }

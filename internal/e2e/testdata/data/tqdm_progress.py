# A bar of progress, to a text of its own; a frame with one.
# expect: {"ended": true, "sum": 6, "applied": [2, 4]}
import io

import pandas as pd
from tqdm import tqdm, trange

def main():
    out = io.StringIO()
    total = sum(tqdm([1, 2, 3], file=out))
    tqdm.pandas(file=io.StringIO())
    for _ in trange(3, disable=True):
        pass
    return {"ended": "100%" in out.getvalue() and "3/3" in out.getvalue(), "sum": total, "applied": pd.Series([1, 2]).progress_apply(lambda v: v * 2).tolist()}

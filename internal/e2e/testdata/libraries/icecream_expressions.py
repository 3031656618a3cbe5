# What is printed has the expression, which is read from the script.
# expect: ["ic| x + 1: 4", "ic| script.py:12 in main()- len('ab'): 2"]
from icecream import ic


def main():
    out = []
    ic.configureOutput(outputFunction=out.append, includeContext=False)
    x = 3
    ic(x + 1)
    ic.configureOutput(includeContext=True)
    ic(len('ab'))
    return out

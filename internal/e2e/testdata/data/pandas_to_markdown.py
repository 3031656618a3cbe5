# A table as text, by way of tabulate.
# expect: ["|    |   a | b   |\n|---:|----:|:----|\n|  0 |   1 | x   |\n|  1 |   2 | y   |", "+-----+\n|   a |\n+=====+\n|   1 |\n+-----+"]
import pandas as pd
from tabulate import tabulate

def main():
    df = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    return [df.to_markdown(), tabulate([[1]], headers=["a"], tablefmt="grid")]
